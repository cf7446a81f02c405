//! Showing the replica's meet to browsers: pages, snapshots and feeds, from this device alone.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use serde::{Deserialize, Serialize};
use spotter_client::Client;
use spotter_display_server::{Answer, Credential, Gate, Pass, Refusal, Setup, Site, Stage};
use spotter_journal_file::{load_record, save_record};
use spotter_model::{Change, ChangeHash};
use spotter_relay_protocol::{DisplayKey, MeetId, Password};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{sleep_until, timeout_at};

use crate::cli::Serve;
use crate::failure::Failure;
use crate::limits::{
    ACCEPT_PAUSE, BROWSERS_MAX, BROWSING, DISPLAYS_MAX, HEAD_BYTES, REQUESTING, WRONG_WAITS,
};
use crate::store::chain;
use crate::{chance, clock, out};

/// Where the key for displays is kept.
const KEY: &str = "display-key.json";

/// The address of a meet that no relay has given an ID.
const NO_ID: &str = "000-000-000";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyRecord {
    display_key: DisplayKey,
}

/// What is shown, kept up to date by whoever has the replica.
pub(crate) struct Show {
    gate: Arc<House>,
    /// Invariant: what waits here is bounded by the meet, of which every change goes through once.
    news: mpsc::UnboundedSender<News>,
    root: Option<ChangeHash>,
    /// How many changes have been handed on, in the order of their admission.
    told: usize,
}

/// What the stage has to be told.
enum News {
    Begin(ChangeHash),
    Changes(Vec<Change>),
}

/// Who may look at the meet of this replica: whoever has its key, or the password it was started with.
struct House {
    /// The meet's ID, once a relay has given one.
    meet: Mutex<Option<MeetId>>,
    key: DisplayKey,
    password: Option<Password>,
    stage: Stage,
    /// One who is wrong waits at a time.
    wrong: tokio::sync::Mutex<()>,
}

impl Show {
    /// Listens for browsers, and says where the meet can be seen.
    pub(crate) async fn open(
        dir: &Path,
        serve: &Serve,
        client: &mut Client,
    ) -> Result<Self, Failure> {
        let password = serve.run.password_file.as_ref();
        let password = password.map(|file| file.password()).transpose()?;
        let setup = Setup {
            overlap: serve.display_overlap,
            readers_max: DISPLAYS_MAX,
        };
        let gate = Arc::new(House {
            meet: Mutex::new(None),
            key: key(dir, serve.new_key)?,
            password,
            stage: Stage::open(setup),
            wrong: tokio::sync::Mutex::new(()),
        });
        let cannot = |error: std::io::Error| {
            Failure::local(format!("cannot listen on {}: {error}", serve.http))
        };
        let listener = TcpListener::bind(serve.http).await.map_err(cannot)?;
        let picked = listener.local_addr().map_err(cannot)?;
        let site = Site::new(Visitors(Arc::clone(&gate)), Arc::new(()));
        tokio::spawn(accept(listener, site));
        let (news, told) = mpsc::unbounded_channel();
        tokio::spawn(tell(gate.stage.clone(), told));
        let mut show = Self {
            gate,
            news,
            root: None,
            told: 0,
        };
        show.look(client);
        show.introduce(picked);
        Ok(show)
    }

    /// Hands on what is new in the replica.
    pub(crate) fn look(&mut self, client: &mut Client) {
        let id = client.membership().map(|membership| membership.meet_id);
        *self
            .gate
            .meet
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = id;
        let Some(meet) = client.meet() else {
            return;
        };
        let root = meet.root();
        if self.root != Some(root) {
            self.root = Some(root);
            self.told = 0;
            let _ = self.news.send(News::Begin(root));
        }
        if meet.len() > self.told {
            let new = (self.told..meet.len()).filter_map(|number| meet.index().hash_at(number));
            let new = new.filter_map(|hash| meet.change(&hash)).collect();
            self.told = meet.len();
            let _ = self.news.send(News::Changes(new));
        }
    }

    fn introduce(&self, picked: SocketAddr) {
        let id = *self
            .gate
            .meet
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let digits = id.map_or_else(|| NO_ID.replace('-', ""), |id| id.digits());
        let key = self.gate.key.expose();
        out::line(format!("pages on http://{picked}/"));
        if picked.ip().is_unspecified() {
            out::remark(format!(
                "other devices write this device's own address instead of {}",
                picked.ip()
            ));
        }
        for page in ["scoreboard", "overlay"] {
            out::line(format!(
                "{page} http://{picked}/{page}?meet={digits}&day=1&platform=1#key={key}"
            ));
        }
    }
}

/// The key of before, or a new one.
fn key(dir: &Path, new: bool) -> Result<DisplayKey, Failure> {
    let path = dir.join(KEY);
    let damaged = |error| {
        let why = chain(&error);
        Failure::local(why).hint("`serve --new-key` makes another key")
    };
    if !new && let Some(KeyRecord { display_key }) = load_record(&path).map_err(damaged)? {
        return Ok(display_key);
    }
    let display_key = chance::display_key()?;
    let record = KeyRecord {
        display_key: display_key.clone(),
    };
    save_record(&path, &record).map_err(|error| Failure::local(chain(&error)))?;
    Ok(display_key)
}

async fn tell(stage: Stage, mut told: mpsc::UnboundedReceiver<News>) {
    while let Some(news) = told.recv().await {
        match news {
            News::Begin(root) => stage.begin(root).await,
            // What this replica holds is all that there is to show.
            News::Changes(changes) => stage.changes(changes, true).await,
        }
    }
}

/// The gate of the house, shared by all who come.
struct Visitors(Arc<House>);

impl Gate for Visitors {
    async fn admit(&self, _from: IpAddr, meet: MeetId, by: Credential) -> Result<Pass, Refusal> {
        let house = &self.0;
        if !house.shows(meet) || !house.opens_with(&by) {
            let turn = house.wrong.lock().await;
            sleep_until(clock::after(WRONG_WAITS)).await;
            drop(turn);
            let reason = "wrong meet id, display key or password";
            let status = StatusCode::FORBIDDEN;
            return Err(Refusal::new(status, "wrong-meet-or-password", reason));
        }
        let (lasting, ended) = watch::channel(None);
        // It lasts as long as it is used.
        Ok(Pass::new(house.stage.clone(), ended, move || drop(lasting)))
    }
}

impl House {
    fn shows(&self, meet: MeetId) -> bool {
        let own = *self.meet.lock().unwrap_or_else(PoisonError::into_inner);
        own.map_or_else(|| meet.to_string() == NO_ID, |own| own == meet)
    }

    fn opens_with(&self, by: &Credential) -> bool {
        match by {
            Credential::Key(key) => *key == self.key,
            Credential::Password(password) => self.password.as_ref() == Some(password),
        }
    }
}

async fn accept(listener: TcpListener, site: Arc<Site<Visitors>>) -> Infallible {
    let places = Arc::new(Semaphore::new(BROWSERS_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return std::future::pending().await;
        };
        match listener.accept().await {
            Ok((socket, from)) => {
                tokio::spawn(serve(socket, from.ip(), Arc::clone(&site), place));
            }
            Err(error) => {
                tracing::warn!(%error, "a browser could not be let in");
                sleep_until(clock::after(ACCEPT_PAUSE)).await;
            }
        }
    }
}

async fn serve(
    socket: TcpStream,
    from: IpAddr,
    site: Arc<Site<Visitors>>,
    place: OwnedSemaphorePermit,
) {
    let _ = socket.set_nodelay(true);
    let place = Arc::new(place);
    let service = service_fn(move |request| {
        let (site, place) = (Arc::clone(&site), Arc::clone(&place));
        async move { Ok::<_, Infallible>(respond(&site, request, from, place).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUESTING)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(socket), service)
        .with_upgrades();
    let _ = timeout_at(clock::after(BROWSING), connection).await;
}

async fn respond(
    site: &Arc<Site<Visitors>>,
    request: Request<Incoming>,
    from: IpAddr,
    place: Arc<OwnedSemaphorePermit>,
) -> Answer {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let answer = site.answer(request, from, place).await;
    answer.unwrap_or_else(|| {
        let mut nothing = Response::new("there is nothing here\n".into());
        *nothing.status_mut() = if is_read {
            StatusCode::NOT_FOUND
        } else {
            StatusCode::METHOD_NOT_ALLOWED
        };
        nothing
    })
}
