//! One meet's display: a feed for every day and platform that somebody looks at, and everybody who looks.

use std::collections::BTreeMap;
use std::sync::Arc;

use spotter_model::{Meet, Screen};
use spotter_scoring::{PlatformView, Selection, platform_view};

use crate::feed::{Epoch, Feed, Written};
use crate::frame::Snapshot;
use crate::link::{Link, Rule};
use crate::view::View;

/// Updates that are kept for readers that connect, unless told otherwise.
pub const OVERLAP: usize = 10;

/// Names one reader's connection. The shell numbers them and never uses a number twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReaderId(pub u64);

/// One thing to do for a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Send a message. A reader that does not take it in time is closed, and not waited for.
    Send {
        /// To whom.
        reader: ReaderId,
        /// What, shared by everyone it goes to.
        text: Arc<str>,
    },
    /// Close the connection: the reader has said something that makes no sense. It is forgotten.
    Close {
        /// Whose.
        reader: ReaderId,
        /// What was wrong with it.
        why: String,
    },
}

/// Why there is nothing to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoView {
    /// The meet has not arrived yet.
    #[error("the meet is not here yet")]
    NotHere,
    /// The meet has no such day or platform.
    #[error("the meet has no platform {} on day {}", .0.platform, .0.day)]
    NoSuchPlatform(Screen),
}

/// Everything that displays of one meet are told.
#[derive(Debug)]
pub struct Display {
    epoch: Epoch,
    overlap_max: usize,
    feeds: BTreeMap<Screen, Feed>,
    readers: BTreeMap<ReaderId, (Screen, Link)>,
}

impl Display {
    /// A run that nobody reads yet. The last `overlap_max` updates of each feed are kept.
    pub fn new(epoch: Epoch, overlap_max: usize) -> Self {
        Self {
            epoch,
            overlap_max,
            feeds: BTreeMap::new(),
            readers: BTreeMap::new(),
        }
    }

    /// How many readers are connected.
    pub fn readers(&self) -> usize {
        self.readers.len()
    }

    /// What one day and platform show, for whoever begins.
    ///
    /// # Errors
    /// There is nothing to show.
    pub fn snapshot(
        &mut self,
        meet: &mut Meet,
        screen: Screen,
        now_ms: u64,
    ) -> Result<(Snapshot, Vec<Order>), NoView> {
        let orders = self.look(meet, screen, now_ms)?;
        let feed = self.feeds.get(&screen).ok_or(NoView::NotHere)?;
        Ok((feed.snapshot(now_ms), orders))
    }

    /// A reader has connected.
    ///
    /// # Errors
    /// There is nothing to show; the reader is not known here then.
    pub fn open(
        &mut self,
        meet: &mut Meet,
        reader: ReaderId,
        (screen, rule): (Screen, Rule),
        now_ms: u64,
    ) -> Result<Vec<Order>, NoView> {
        let mut orders = self.look(meet, screen, now_ms)?;
        let feed = self.feeds.get(&screen).ok_or(NoView::NotHere)?;
        let link = Link::new(rule);
        let opening = link.opening(feed).into_iter();
        orders.extend(opening.map(|text| Order::Send { reader, text }));
        self.readers.insert(reader, (screen, link));
        Ok(orders)
    }

    /// A reader has said something.
    #[must_use]
    pub fn heard(&mut self, reader: ReaderId, text: &str) -> Option<Order> {
        let (screen, link) = self.readers.get_mut(&reader)?;
        match link.heard(self.feeds.get(screen)?, text) {
            Ok(answer) => answer.map(|text| Order::Send { reader, text }),
            Err(why) => {
                self.readers.remove(&reader);
                let why = why.to_string();
                Some(Order::Close { reader, why })
            }
        }
    }

    /// A reader is gone.
    pub fn close(&mut self, reader: ReaderId) {
        self.readers.remove(&reader);
    }

    /// The meet may have changed: tells it to whoever looks. Feeds that nobody reads are looked at when somebody asks.
    #[must_use]
    pub fn changed(&mut self, meet: &mut Meet, now_ms: u64) -> Vec<Order> {
        let mut read: Vec<Screen> = self.readers.values().map(|(screen, _)| *screen).collect();
        read.sort_unstable();
        read.dedup();
        let looks = read
            .into_iter()
            .filter_map(|screen| Some(self.show(screen, &view(meet, screen)?, now_ms)));
        looks.collect::<Vec<_>>().concat()
    }

    /// Shows everyone that they are still connected.
    #[must_use]
    pub fn signs_of_life(&self) -> Vec<Order> {
        let signs = self.readers.iter().filter_map(|(&reader, (screen, link))| {
            let text = link.sign_of_life(self.feeds.get(screen)?)?;
            Some(Order::Send { reader, text })
        });
        signs.collect()
    }

    fn look(&mut self, meet: &mut Meet, screen: Screen, now_ms: u64) -> Result<Vec<Order>, NoView> {
        let view = view(meet, screen).ok_or(NoView::NotHere)?;
        if !has(&view, screen) {
            return Err(NoView::NoSuchPlatform(screen));
        }
        Ok(self.show(screen, &view, now_ms))
    }

    fn show(&mut self, screen: Screen, platform: &PlatformView, now_ms: u64) -> Vec<Order> {
        let view = View::of(platform);
        let Some(feed) = self.feeds.get_mut(&screen) else {
            let feed = Feed::begin(self.epoch, self.overlap_max, view, now_ms);
            self.feeds.insert(screen, feed);
            return Vec::new();
        };
        let update = feed.show(view, now_ms);
        update.map_or_else(Vec::new, |update| self.tell(screen, &update))
    }

    fn tell(&self, looked_at: Screen, update: &Written) -> Vec<Order> {
        let readers = self.readers.iter();
        let told = readers.filter_map(|(&reader, (screen, link))| {
            let text = (*screen == looked_at).then(|| link.update(update))??;
            Some(Order::Send { reader, text })
        });
        told.collect()
    }
}

fn view(meet: &mut Meet, screen: Screen) -> Option<PlatformView> {
    let selection = Selection {
        day: screen.day,
        platform: screen.platform,
        flight: None,
        lift: None,
    };
    platform_view(meet, &selection).ok()
}

/// Whether the meet has this day and platform.
fn has(view: &PlatformView, screen: Screen) -> bool {
    let day = f64::from(screen.day);
    let of_day = usize::from(screen.day).checked_sub(1);
    let platforms = of_day.and_then(|index| view.meet.platforms_on_days.get(index));
    screen.platform >= 1
        && day <= view.meet.length_days
        && platforms.is_some_and(|platforms| f64::from(screen.platform) <= *platforms)
}
