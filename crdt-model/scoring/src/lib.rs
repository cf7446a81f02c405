//! What a meet's results are: lifting order, totals, places and bar loading.
//!
//! None of it is stored. It is computed anew from what the [`Meet`](spotter_model::Meet) shows, as OpenLifter 1.4 computes
//! it, peculiarities included, so that two programs at one meet never name two winners. This package does no input or
//! output, and no field of a meet, however odd, makes it fail.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use spotter_model::{ActorId, Author, LocationName, Meet, Pen, Priority};
//! use spotter_scoring::{Selection, platform_view};
//!
//! let author = Author { location: LocationName::parse("Platform 1")?, priority: Priority::new(10)? };
//! let pen = Pen { actor: ActorId::new([1; 8]), author };
//! let saved = r#"{"meet":{},"registration":{"entries":[
//!     {"id":5000,"name":"Ann","flight":"A","squatKg":[100,0,0,0,0]},
//!     {"id":5001,"name":"Ben","flight":"A","squatKg":[97.5,0,0,0,0]}]}}"#;
//! let mut meet = Meet::import(saved, &pen, [7; 16], 0)?;
//!
//! let view = platform_view(&mut meet, &Selection { day: 1, platform: 1, flight: None, lift: None })?;
//! assert_eq!((view.current, view.next), (Some(5001), Some(5000)));
//! # Ok(())
//! # }
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::unwrap_in_result))]

mod categories;
mod entry;
mod loading;
mod order;
mod places;
mod results;
mod sheet;
mod sort;
mod state;
mod units;
mod view;

pub use entry::Lift;
pub use loading::{LoadedPlates, Loading};
pub use places::Place;
pub use results::{CategoryResults, ResultRow, Results, results};
pub use sheet::{FlightSheet, Opener, Sheet, flight_sheet};
pub use units::{InvalidWeight, display_weight, parse_weight};
pub use view::{Attempt, LifterRow, MeetView, PlatformView, Selection, platform_view};
