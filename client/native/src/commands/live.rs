//! Going live, joining, and exchanging everything with the relay.

use std::path::Path;
use std::time::Duration;

use spotter_client::{Ask, Client, GoLive, Join, Reply};
use spotter_relay_protocol::UpdateCode;
use tokio::time::Instant;

use super::edit::unexpected;
use super::{Waited, ask_until, ask_while, closing, must_exist, open_to_connect};
use crate::cli::{self, Secret, Vouching};
use crate::driver::Driver;
use crate::failure::Failure;
use crate::trust::Trust;
use crate::wire::check_plaintext;
use crate::{clock, out, words};

/// `golive`.
pub(super) async fn golive(dir: &Path, golive: cli::GoLive) -> Result<(), Failure> {
    check_plaintext(&golive.relay, golive.plaintext.allow_plaintext)?;
    let password = golive.password_file.password()?;
    let roster = roster(&golive)?;
    must_exist(dir)?;
    Trust::keep(dir, golive.vouching.ca.as_deref())?;
    let mut driver = open_to_connect(dir)?;
    let deadline = clock::after(golive.patience.limit);
    let relay = golive.relay.clone();
    let ask = Ask::GoLive(GoLive {
        relay: golive.relay,
        location: golive.location.name,
        roster,
        password,
        again: golive.again,
    });
    let outcome = gone_live(&mut driver, ask, deadline, &relay).await;
    closing(driver, outcome).await
}

async fn gone_live(
    driver: &mut Driver,
    ask: Ask,
    deadline: Instant,
    relay: &str,
) -> Result<(), Failure> {
    let Waited::Answered(reply) = ask_until(driver, ask, Some(deadline)).await? else {
        return Err(no_answer(driver));
    };
    let Reply::Joined { meet_id, author } = reply else {
        return Err(unexpected(&reply));
    };
    out::line(meet_id.to_string());
    // Waiting makes no room at a relay that has none left for this meet.
    let full = UpdateCode::MeetFull;
    let has_room = |client: &Client| client.put_off().is_none_or(|why| why.code != full.as_str());
    let Waited::Answered(_) = ask_while(driver, Ask::Sync, Some(deadline), has_room).await? else {
        return Err(not_exchanged(driver));
    };
    out::remark(format!(
        "live at {relay}, writing as {}; the others join with this ID and the password",
        words::author(&author)
    ));
    Ok(())
}

fn roster(
    golive: &cli::GoLive,
) -> Result<Vec<(spotter_model::LocationName, spotter_model::Priority)>, Failure> {
    let seats = std::iter::once(&golive.location).chain(&golive.with);
    let mut roster = Vec::new();
    for seat in seats {
        if roster.iter().any(|(name, _)| *name == seat.name) {
            return Err(Failure::usage(format!(
                "the location {} is named twice",
                seat.name
            )));
        }
        if roster
            .iter()
            .any(|(_, priority)| *priority == seat.priority)
        {
            out::remark(format!(
                "{} has the priority of another location: between the two, the busier device wins",
                seat.name
            ));
        }
        roster.push((seat.name.clone(), seat.priority));
    }
    Ok(roster)
}

/// `join`.
pub(super) async fn join(dir: &Path, join: cli::Join) -> Result<(), Failure> {
    check_plaintext(&join.relay, join.plaintext.allow_plaintext)?;
    let password = join.password_file.password()?;
    Trust::keep(dir, join.vouching.ca.as_deref())?;
    let mut driver = open_to_connect(dir)?;
    let deadline = clock::after(join.patience.limit);
    let ask = Ask::Join(Join {
        relay: join.relay,
        meet_id: join.meet,
        location: join.location,
        password,
    });
    let outcome = joined(&mut driver, ask, deadline).await;
    closing(driver, outcome).await
}

async fn joined(driver: &mut Driver, ask: Ask, deadline: Instant) -> Result<(), Failure> {
    let Waited::Answered(reply) = ask_until(driver, ask, Some(deadline)).await? else {
        return Err(no_answer(driver));
    };
    let Reply::Joined { meet_id, author } = reply else {
        return Err(unexpected(&reply));
    };
    exchange(driver, Some(deadline)).await?;
    out::line(format!("joined {meet_id} as {}", words::author(&author)));
    Ok(())
}

fn no_answer(driver: &Driver) -> Failure {
    Failure::not_reached(format!(
        "the relay did not answer in time: {}",
        driver.status().link
    ))
}

/// `sync`.
pub(super) async fn sync(
    dir: &Path,
    limit: Option<Duration>,
    password_file: Option<Secret>,
    vouching: &Vouching,
) -> Result<(), Failure> {
    must_exist(dir)?;
    Trust::keep(dir, vouching.ca.as_deref())?;
    let mut driver = open_to_connect(dir)?;
    let deadline = limit.map(clock::after);
    let outcome = synced(&mut driver, deadline, password_file).await;
    closing(driver, outcome).await
}

async fn synced(
    driver: &mut Driver,
    deadline: Option<Instant>,
    password_file: Option<Secret>,
) -> Result<(), Failure> {
    connect(driver, deadline, password_file.as_ref()).await?;
    exchange(driver, deadline).await?;
    let status = driver.status();
    out::line(format!(
        "in sync: {}",
        words::count(status.changes, "change", "changes")
    ));
    Ok(())
}

/// Asks for a connection to the relay of a member, giving the password if the session is over.
pub(super) async fn connect(
    driver: &mut Driver,
    deadline: Option<Instant>,
    password_file: Option<&Secret>,
) -> Result<(), Failure> {
    let Some(membership) = driver.client().membership() else {
        return Err(
            Failure::refused("this replica is not a member of a live meet").hint(
                "`golive` makes its meet live; without a relay, use `run --peer`, `run --listen` or `bundle`",
            ),
        );
    };
    let has_session = membership.session.is_some();
    driver.ask(Ask::StayConnected(true)).await?;
    let Some(file) = password_file else {
        return Ok(());
    };
    let password = file.password()?;
    if has_session {
        match ask_until(driver, Ask::Sync, deadline).await {
            Ok(_) => return Ok(()),
            Err(failure)
                if driver
                    .client()
                    .membership()
                    .is_some_and(|m| m.session.is_some()) =>
            {
                return Err(failure);
            }
            Err(_) => {}
        }
    }
    match ask_until(driver, Ask::Password(password), deadline).await? {
        Waited::Answered(_) => Ok(()),
        Waited::TooLong => Err(no_answer(driver)),
    }
}

/// Waits until relay and replica hold the same and it is on disk here.
pub(super) async fn exchange(
    driver: &mut Driver,
    deadline: Option<Instant>,
) -> Result<(), Failure> {
    match ask_until(driver, Ask::Sync, deadline).await {
        Ok(Waited::Answered(_)) => Ok(()),
        Ok(Waited::TooLong) => Err(not_exchanged(driver)),
        Err(failure) => Err(failure),
    }
}

fn not_exchanged(driver: &Driver) -> Failure {
    let status = driver.status();
    let not_sent = words::not_sent(&status);
    let link = &status.link;
    match status.put_off {
        None => Failure::not_reached(format!(
            "not everything is exchanged yet: {link}; not sent yet: {not_sent}"
        )),
        Some(why) => Failure::not_reached(format!(
            "not everything is exchanged yet: {link}; not sent yet: {not_sent}, because {}",
            why.reason
        ))
        .hint("nothing is lost: the edits are kept here, and `sync` or `run` sends them once the relay takes them"),
    }
}
