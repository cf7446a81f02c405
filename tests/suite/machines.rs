//! The client's machine and the relay's, in one thread, without sockets, files or clocks: whatever happens to wires,
//! disks, processes and the relay, in the calm that follows everyone is in sync, has the same meet, and nothing that
//! somebody was told is saved is lost. The client is tried the same way with a model of a relay.

mod relay;
#[path = "../../client/tests/world/mod.rs"]
#[expect(
    dead_code,
    unreachable_pub,
    reason = "the world is the client's, and these laws use a part of it"
)]
mod world;

use quickcheck::QuickCheck;

use self::relay::RealRelay;
use self::world::trouble::{Step, trouble_then_calm};

#[test]
fn after_any_trouble_client_and_relay_agree_and_nothing_promised_is_lost() {
    fn law(steps: Vec<Step>) -> bool {
        trouble_then_calm::<RealRelay>(&steps, false);
        true
    }
    QuickCheck::new().quickcheck(law as fn(Vec<Step>) -> bool);
}

#[test]
fn frames_that_come_twice_change_nothing_for_client_and_relay() {
    fn law(steps: Vec<Step>) -> bool {
        trouble_then_calm::<RealRelay>(&steps, true);
        true
    }
    QuickCheck::new()
        .tests(30)
        .quickcheck(law as fn(Vec<Step>) -> bool);
}
