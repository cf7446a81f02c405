//! The scenarios that come with the program, by name.

macro_rules! scenarios {
    ($($name:literal),+ $(,)?) => {
        /// Names and texts of the scenarios that come with the program, sorted by name.
        pub const NAMED: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../scenarios/", $name, ".json")))),+
        ];
    };
}

scenarios![
    "b01-relay-killed-between-append-and-sync",
    "b02-torn-last-batch",
    "b03-bit-rot-before-the-durable-mark",
    "b04-disk-full",
    "b05-failed-sync",
    "b06-directory-entry-lost-after-create",
    "b07-clock-skew",
    "b08-duplicated-and-reordered-frames",
    "b09-half-open-connection",
    "b10-slow-reader",
    "b11-equal-priorities",
    "b12-priority-changes-mid-meet",
    "b13-location-renamed",
    "b14-cloned-device",
    "b15-client-restored-from-old-backup",
    "b16-relay-restored-from-old-backup",
    "b17-two-relays-serve-one-meet",
    "b18-malicious-client",
    "b19-session-expires-while-offline",
    "b20-published-while-a-client-is-offline",
    "b21-finished-while-a-client-is-offline",
    "b22-two-tabs-of-one-location",
    "b23-relay-crashes-while-a-meet-is-finished",
    "b24-causally-unready-flood",
    "b25-laptop-sleeps",
    "b26-thundering-herd-after-restart",
    "b27-session-expires-while-connected",
    "b28-bit-rot-on-a-device",
    "big-meet-8h",
    "disconnected-edits",
    "five-locations-conflict",
    "foreign",
    "openlifter-log",
    "seed-one-client-significantly-later-conflicting-updates",
    "seed-one-updating-client-one-read-only-client",
    "seed-read-only-client-unable-to-reach-server",
    "seed-server-has-lost-all-state",
    "seed-two-clients-unable-one-still-able-conflicting-updates",
    "seed-two-updating-clients-not-overlapping-values",
    "seed-updating-client-unable-to-reach-server-no-conflicts",
    "seed-what-is-a-conflict",
    "ten-minute-chaos",
    "ten-minute-storm",
    "three-bad-minutes",
    "three-locations-conflict",
    "three-odd-minutes",
    "three-rotten-minutes",
    "three-twin-minutes",
    "two-desks-offline",
];

/// The text of a scenario that comes with the program.
pub fn named(name: &str) -> Option<&'static str> {
    let found = NAMED.iter().find(|(known, _)| *known == name);
    found.map(|(_, text)| *text)
}
