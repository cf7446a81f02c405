//! The rules that come with the program, by name.

use crate::rule::Rule;
use crate::rules::arbitration::ServerArbitration;
use crate::rules::automerge::Automerge;
use crate::rules::last_writer_wins::LastWriterWins;
use crate::rules::refuse_offline::RefuseOffline;
use crate::rules::replay_order::ReplayOrder;
use crate::rules::survivors::PriorityAmongSurvivors;

/// Every rule, each as it is without options, in the order in which tables list them.
pub fn all() -> Vec<Box<dyn Rule>> {
    vec![
        Box::new(ServerArbitration::default()),
        Box::new(LastWriterWins::default()),
        Box::new(Automerge),
        Box::new(PriorityAmongSurvivors),
        Box::new(ReplayOrder),
        Box::new(RefuseOffline),
    ]
}

/// A rule by its name, with options where it has any: `last-writer-wins:60000` is off by up to a minute at every device,
/// and `server-arbitration:last` lets the later arrival win between equals.
pub fn by_name(name: &str) -> Option<Box<dyn Rule>> {
    if let Some(rule) = all().into_iter().find(|rule| rule.name() == name) {
        return Some(rule);
    }
    let (rule, option) = name.split_once(':')?;
    match rule {
        "last-writer-wins" => Some(Box::new(LastWriterWins::with_skew(option.parse().ok()?))),
        "server-arbitration" => Some(Box::new(ServerArbitration::between_equals(option)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_is_found_by_its_name() {
        for rule in all() {
            let found = by_name(rule.name()).map(|rule| rule.about().to_owned());
            assert_eq!(found.as_deref(), Some(rule.about()));
        }
        assert!(by_name("last-writer-wins:soon").is_none());
        assert!(by_name("coin-toss").is_none());
    }

    #[test]
    fn a_rule_with_an_option_is_called_by_both() {
        let called = |name: &str| by_name(name).map(|rule| rule.name().to_owned());
        for name in ["last-writer-wins:60000", "server-arbitration:last"] {
            assert_eq!(called(name).as_deref(), Some(name));
        }
        let usual = called("server-arbitration:first");
        assert_eq!(usual.as_deref(), Some("server-arbitration"));
    }
}
