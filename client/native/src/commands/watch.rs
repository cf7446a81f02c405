//! `run`: staying connected, and telling what happens.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use spotter_client::{Ask, LinkState, News, OfflineReason};
use tokio::signal::unix::{SignalKind, signal};

use super::edit::Queue;
use super::live::connect;
use super::{closing, must_exist};
use crate::cli::{How, Run, Serve};
use crate::driver::Driver;
use crate::failure::Failure;
use crate::show::Show;
use crate::trust::Trust;
use crate::wire::peer_url;
use crate::{clock, lines, out, words};

/// `run`.
pub(super) async fn run(dir: &Path, run: Run) -> Result<(), Failure> {
    go(dir, &run, None).await
}

/// `serve`.
pub(super) async fn serve(dir: &Path, serve: Serve) -> Result<(), Failure> {
    go(dir, &serve.run, Some(&serve)).await
}

async fn go(dir: &Path, run: &Run, serve: Option<&Serve>) -> Result<(), Failure> {
    must_exist(dir)?;
    Trust::keep(dir, run.vouching.ca.as_deref())?;
    let wanted = Rc::new(Cell::new(false));
    let mut driver = Driver::open(dir, telling(Rc::clone(&wanted)))?;
    let outcome = stay(&mut driver, dir, (run, serve), &wanted).await;
    closing(driver, outcome).await
}

/// Tells everything, one line each, and notes when the password is wanted.
fn telling(wanted: Rc<Cell<bool>>) -> Box<dyn FnMut(&News)> {
    Box::new(move |news| {
        // Before anything was tried, that nothing is connected is no news.
        if let News::Link(LinkState::Offline { why, .. }) = news
            && matches!(why, OfflineReason::NotWanted | OfflineReason::NoRelay)
        {
            return;
        }
        out::news(news.to_string());
        if let News::BuiltOnRefused { change, .. } = news {
            out::news(format!(
                "  with `run --edits`, the line `again {change}` makes it again"
            ));
        }
        if matches!(news, News::PasswordWanted { .. }) {
            wanted.set(true);
        }
    })
}

async fn stay(
    driver: &mut Driver,
    dir: &Path,
    (run, serve): (&Run, Option<&Serve>),
    wanted: &Cell<bool>,
) -> Result<(), Failure> {
    let peers = run.peer.iter();
    let peers = peers.map(|peer| peer_url(peer, run.plaintext.allow_plaintext));
    let peers: Vec<String> = peers.collect::<Result<_, _>>()?;
    introduce(driver)?;
    for address in &run.listen {
        let picked = driver.listen(address).await?;
        out::line(format!("listening on {picked}"));
    }
    let show = match serve {
        Some(serve) => Some(Show::open(dir, serve, driver.client()).await?),
        None => None,
    };
    for address in peers {
        driver.ask(Ask::DialPeer { address }).await?;
    }
    let member = driver.client().membership().is_some();
    if member {
        driver.ask(Ask::StayConnected(true)).await?;
    } else if run.peer.is_empty() && run.listen.is_empty() && show.is_none() {
        // Says what else could be done.
        connect(driver, None, None).await?;
    }
    watch(driver, run, wanted, show).await
}

fn introduce(driver: &mut Driver) -> Result<(), Failure> {
    let status = driver.status();
    let meet = match status.meet_id {
        Some(id) => format!("meet {id}"),
        None => "a meet without a relay".to_owned(),
    };
    let author = match &status.author {
        _ if status.draft => "a draft on this device".to_owned(),
        Some(author) => format!("writing as {}", words::author(author)),
        None => "reading only".to_owned(),
    };
    let not_sent = words::not_sent(&status);
    out::line(format!("{meet}, {author}; not sent yet: {not_sent}"));
    Ok(())
}

async fn watch(
    driver: &mut Driver,
    run: &Run,
    wanted: &Cell<bool>,
    mut show: Option<Show>,
) -> Result<(), Failure> {
    let deadline = run.limit.map(clock::after);
    let mut interrupted = signal(SignalKind::interrupt()).map_err(no_signals)?;
    let mut terminated = signal(SignalKind::terminate()).map_err(no_signals)?;
    let mut edits = run.edits.then(lines::from_stdin);
    let mut queue = Queue::new(How::default());
    loop {
        tokio::select! {
            _ = interrupted.recv() => return Ok(()),
            _ = terminated.recv() => return Ok(()),
            line = next(&mut edits), if !queue.is_full() => match line {
                Some(line) => queue.begin(driver, line),
                None => edits = None,
            },
            () = driver.turn(deadline) => {}
        }
        if let Err(failure) = queue.report(driver) {
            // The edit is in this process's memory and is tried again; ending it now would lose it.
            out::remark(failure.to_string());
        }
        driver.remember_contact();
        if let Some(show) = &mut show {
            show.look(driver.client());
        }
        if wanted.take()
            && let Some(file) = &run.password_file
        {
            let password = file.password()?;
            // Whatever comes of it is told like everything else.
            driver.begin(Ask::Password(password));
        }
        if deadline.is_some_and(clock::is_over) {
            return Ok(());
        }
    }
}

/// The next line, or nothing for ever where no lines are read.
async fn next(lines: &mut Option<tokio::sync::mpsc::Receiver<lines::Line>>) -> Option<lines::Line> {
    match lines {
        Some(lines) => lines.recv().await,
        None => std::future::pending().await,
    }
}

fn no_signals(error: std::io::Error) -> Failure {
    Failure::local(format!(
        "this process cannot hear when it is interrupted: {error}"
    ))
}
