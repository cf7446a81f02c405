//! The scenarios that come with the program, by name.

macro_rules! scenarios {
    ($($name:literal),+ $(,)?) => {
        /// Names and texts of the scenarios that come with the program, sorted by name.
        pub const NAMED: &[(&str, &str)] = &[
            $(($name, include_str!(concat!("../../scenarios/", $name, ".json")))),+
        ];
    };
}

scenarios!["ten-minute-chaos", "two-desks-offline"];

/// The text of a scenario that comes with the program.
pub fn named(name: &str) -> Option<&'static str> {
    let found = NAMED.iter().find(|(known, _)| *known == name);
    found.map(|(_, text)| *text)
}
