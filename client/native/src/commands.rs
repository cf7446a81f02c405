//! Every command, and the few things they share: opening a replica for reading or for writing, and waiting.

mod act;
mod admin;
mod begin;
mod carry;
mod edit;
mod live;
mod read;
mod watch;

use std::path::{Path, PathBuf};

use spotter_client::{Action, Ask, Client, Config, Input, LinkState, News, Problem, Reply};
use spotter_model::Meet;
use tokio::time::Instant;

use crate::cli::{Cli, Command};
use crate::clock::{self, Clock};
use crate::driver::Driver;
use crate::failure::Failure;
use crate::out::{self, Progress};
use crate::trust::Distrust;
use crate::{chance, demo, store, words};

/// Runs one command.
pub(crate) async fn run(cli: Cli) -> Result<(), Failure> {
    if let Command::Demo { fast } = cli.command {
        return demo::run(fast).await;
    }
    let dir = cli.replica.ok_or_else(|| {
        Failure::usage("which replica? say `--replica DIR`, or set SPOTTER_REPLICA")
    })?;
    match cli.command {
        Command::New { date } => begin::new(&dir, date).await,
        Command::Import { file } => begin::import(&dir, &file).await,
        Command::Golive(golive) => live::golive(&dir, golive).await,
        Command::Join(join) => live::join(&dir, join).await,
        Command::Set(set) => edit::set(&dir, set).await,
        Command::Get { path, json } => read::get(&dir, &path, json),
        Command::Clear { path, how } => edit::clear(&dir, path, how).await,
        Command::Add { name, fields, how } => edit::add(&dir, name, fields, how).await,
        Command::Withdraw { entry, how } => edit::withdraw(&dir, entry, how).await,
        Command::Reinstate { entry, how } => edit::reinstate(&dir, entry, how).await,
        Command::Act { file, first_id } => act::act(&dir, &file, first_id).await,
        Command::Show { json } => read::show(&dir, json),
        Command::Sync {
            limit,
            password_file,
            vouching,
        } => live::sync(&dir, limit, password_file, &vouching).await,
        Command::Run(run) => watch::run(&dir, run).await,
        Command::Serve(serve) => watch::serve(&dir, serve).await,
        Command::Status { json } => read::status(&dir, json),
        Command::Conflicts { json } => read::conflicts(&dir, json),
        Command::Restore { path, write, how } => edit::restore(&dir, path, write, how).await,
        Command::History { path, json } => read::history(&dir, &path, json),
        Command::Export { file } => carry::export(&dir, &file),
        Command::Bundle(bundle) => carry::bundle(&dir, bundle).await,
        Command::Location(location) => admin::location(&dir, location).await,
        Command::Password {
            password_file,
            new_password_file,
            patience,
        } => admin::password(&dir, &password_file, &new_password_file, &patience).await,
        Command::Session(session) => admin::session(&dir, session).await,
        Command::DisplayKey(keys) => admin::display_key(&dir, keys).await,
        Command::Publish {
            file,
            email,
            patience,
        } => admin::publish(&dir, &file, email, &patience).await,
        Command::Finish { patience } => admin::finish(&dir, &patience).await,
        // Told above, since it needs no replica.
        Command::Demo { fast } => demo::run(fast).await,
    }
}

/// A replica that is only looked at: nothing is locked, saved or sent.
pub(super) struct Reader {
    dir: PathBuf,
    client: Client,
    clock: Clock,
}

impl Reader {
    pub(super) fn open(dir: &Path) -> Result<Self, Failure> {
        let records = store::read(dir)?;
        let clock = Clock::start();
        let mut client = Client::new(&Config::default(), chance::seed()?);
        // Whatever the machine would do next is left to a process that holds the folder.
        let actions = client.step(clock.now(), Input::Opened { records });
        for action in &actions {
            if let Action::Tell(News::Fault { what }) = action {
                if client.meet().is_none() {
                    return Err(Failure::local(format!("{}: {what}", dir.display())));
                }
                out::remark(what);
            }
        }
        Ok(Self {
            dir: dir.to_owned(),
            client,
            clock,
        })
    }

    /// The meet, if it has arrived.
    pub(super) fn meet(&mut self) -> Result<&mut Meet, Failure> {
        meet(&mut self.client)
    }
}

/// A replica's meet, if it has arrived.
pub(super) fn meet(client: &mut Client) -> Result<&mut Meet, Failure> {
    match client.meet() {
        None => Err(Problem::NoMeet.into()),
        Some(meet) if meet.is_empty() => Err(Problem::NotArrived.into()),
        Some(meet) => Ok(meet),
    }
}

/// Says what a person must know whatever they asked for, and nothing else.
pub(super) fn tell_trouble(news: &News) {
    match news {
        News::Refused { .. }
        | News::BuiltOnRefused { .. }
        | News::NotAccepted { .. }
        | News::PutOff(_)
        | News::TakenAgain
        | News::RelayForgot { .. }
        | News::RelayAsks { .. }
        | News::RelayRestored
        | News::Finished
        | News::CannotSave { .. }
        | News::CanSaveAgain
        | News::Fault { .. } => out::remark(news.to_string()),
        News::Link(_)
        | News::Meet(_)
        | News::PasswordWanted { .. }
        | News::WritesAs(_)
        | News::Roster(_)
        | News::PeerJoined { .. }
        | News::PeerLeft { .. }
        | News::Presence { .. }
        | News::BundleFrom { .. } => {}
        _ => out::remark(news.to_string()),
    }
}

/// Opens a replica for local work.
pub(super) fn open(dir: &Path) -> Result<Driver, Failure> {
    Driver::open(dir, Box::new(tell_trouble))
}

/// Opens a replica that must be there already for local work.
pub(super) fn open_existing(dir: &Path) -> Result<Driver, Failure> {
    must_exist(dir)?;
    open(dir)
}

/// Refuses to make a folder where only an existing replica makes sense.
pub(super) fn must_exist(dir: &Path) -> Result<(), Failure> {
    if !dir.is_dir() {
        // Says what is missing, in the words that reading uses.
        store::read(dir)?;
    }
    Ok(())
}

/// Opens a replica to talk to its relay: whoever waits hears what for.
pub(super) fn open_to_connect(dir: &Path) -> Result<Driver, Failure> {
    Driver::open(
        dir,
        Box::new(|news| {
            if let News::Link(state @ LinkState::Offline { retry_in_ms, .. }) = news
                && retry_in_ms.is_some_and(|ms| ms > 0)
            {
                out::remark(state.to_string());
            }
            tell_trouble(news);
        }),
    )
}

/// What came of waiting.
pub(super) enum Waited {
    /// It was answered.
    Answered(Reply),
    /// The deadline came first, or waiting was in vain.
    TooLong,
}

/// Asks, and waits until the deadline at most, showing on a terminal how far it is.
pub(super) async fn ask_until(
    driver: &mut Driver,
    ask: Ask,
    deadline: Option<Instant>,
) -> Result<Waited, Failure> {
    ask_while(driver, ask, deadline, |_| true).await
}

/// The same, and only while there is hope.
pub(super) async fn ask_while(
    driver: &mut Driver,
    ask: Ask,
    deadline: Option<Instant>,
    hope: impl Fn(&Client) -> bool,
) -> Result<Waited, Failure> {
    let request = driver.begin(ask);
    let mut progress = Progress::new();
    loop {
        let answer = driver.take_answer(request);
        match (answer, driver.take_distrust()) {
            (Some(Ok(reply)), _) => return Ok(Waited::Answered(reply)),
            (_, Some(distrust)) => return Err(distrusted(&distrust)),
            (Some(Err(problem)), None) => return Err(problem.into()),
            (None, None) => {}
        }
        if deadline.is_some_and(clock::is_over) || !hope(driver.client()) {
            return Ok(Waited::TooLong);
        }
        if driver.client().put_off().is_some() {
            // Whoever asks for the status meanwhile is told why this waits.
            driver.remember_contact();
        }
        if progress.is_due() {
            let status = driver.status();
            progress.show(format!(
                "{}; {} here, {} to send",
                status.link,
                words::count(status.changes, "change", "changes"),
                words::count(status.edits_not_sent, "edit", "edits"),
            ));
        }
        driver.turn(deadline).await;
    }
}

/// Nobody who waits is served by trying again.
fn distrusted(distrust: &Distrust) -> Failure {
    let failure = Failure::refused(format!("the relay was not trusted: {}", distrust.why));
    match distrust.hint {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

/// Closes a replica after a command, whatever came of it, and passes that on; unless something is not on disk.
pub(super) async fn closing<T>(driver: Driver, outcome: Result<T, Failure>) -> Result<T, Failure> {
    let unsaved = driver.status().cannot_save;
    driver.close().await;
    match (unsaved, outcome) {
        (Some(why), Ok(_)) => Err(Failure::local(format!("not everything is saved: {why}"))),
        (_, outcome) => outcome,
    }
}
