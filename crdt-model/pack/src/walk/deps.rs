//! Dependencies, by reference.

use spotter_model::Change;
use spotter_model::limits::DEPENDENCIES_MAX;

use super::{Dep, Walk, unreadable};
use crate::error::PackError;
use crate::symbol::Symbol;

/// How dependencies are told.
mod mode {
    /// All heads of the pack so far.
    pub(super) const HEADS: u64 = 0;
    /// The writer's change before this one.
    pub(super) const OWN: u64 = 1;
    /// Those of the change before this one.
    pub(super) const SAME: u64 = 2;
    /// One by one.
    pub(super) const LIST: u64 = 3;
}

impl Walk<'_> {
    /// Codes the dependencies of a change, ascending by place.
    pub(super) fn deps(
        &mut self,
        writer: u64,
        again: u64,
        given: Option<&Change>,
    ) -> Result<Vec<Dep>, PackError> {
        let given = given.map(|change| self.lookup.deps(change));
        let state = &self.actors[writer as usize].1;
        let own = state.changes.last().map(|at| Dep::Inside(*at));
        let last_mode = state.deps_mode;
        let few = self.heads.len() <= DEPENDENCIES_MAX;
        let heads =
            few.then(|| -> Vec<Dep> { self.heads.iter().copied().map(Dep::Inside).collect() });
        let only_own = heads.is_some() && heads.as_deref() == own.as_slice().get(..1);
        let wanted = match &given {
            Some(given) if heads.as_ref() == Some(given) => mode::HEADS,
            Some(given) if own.is_some_and(|own| given[..] == [own]) => mode::OWN,
            Some(given) if self.deps == *given => mode::SAME,
            Some(_) | None => mode::LIST,
        };
        let (only_own, width) = (u64::from(only_own), self.heads.len().min(4) as u64);
        let contexts: [&[u64]; 2] = [
            &[last_mode, only_own, width, again],
            &[only_own, width, again],
        ];
        let mode = self.model.number(Symbol::DepsMode, &contexts, wanted);
        if only_own == 0 {
            self.actors[writer as usize].1.deps_mode = mode;
        }
        match (mode, heads, own) {
            (mode::HEADS, Some(heads), _) => Ok(heads),
            (mode::OWN, _, Some(own)) => Ok(vec![own]),
            (mode::SAME, _, _) => Ok(self.deps.clone()),
            (mode::LIST, _, _) => self.listed_deps(writer, given),
            (_, _, _) => Err(unreadable("the dependencies")),
        }
    }

    fn listed_deps(&mut self, writer: u64, given: Option<Vec<Dep>>) -> Result<Vec<Dep>, PackError> {
        let count = given.as_ref().map_or(0, Vec::len) as u64;
        let count = self.model.number(Symbol::DepsCount, &[&[]], count);
        if count > DEPENDENCIES_MAX as u64 {
            return Err(unreadable("the dependencies"));
        }
        let mut deps = Vec::with_capacity(count as usize);
        for at in 0..count {
            let given = given.as_ref().map(|given| given[at as usize]);
            deps.push(self.listed_dep(writer, at, given)?);
        }
        deps.sort_unstable();
        Ok(deps)
    }

    fn listed_dep(&mut self, writer: u64, at: u64, given: Option<Dep>) -> Result<Dep, PackError> {
        let inside = matches!(given, Some(Dep::Inside(_)));
        if !self.model.flag(Symbol::DepInside, &[&[]], inside) {
            let place = match given {
                Some(Dep::Outside(place)) => u64::from(place),
                Some(Dep::Inside(_)) | None => 0,
            };
            let place = self.model.uniform(self.outside.len() as u64, place);
            if place >= self.outside.len() as u64 {
                return Err(unreadable("a dependency"));
            }
            return Ok(Dep::Outside(place as u32));
        }
        let (whose, back) = match given {
            Some(Dep::Inside(place)) => self.behind(place),
            Some(Dep::Outside(_)) | None => (0, 0),
        };
        let whose = self
            .model
            .number(Symbol::DepWriter, &[&[writer], &[at]], whose);
        let contexts: [&[u64]; 2] = [&[u64::from(whose == writer)], &[whose]];
        let back = self.model.number(Symbol::DepBack, &contexts, back);
        let place = || {
            let changes = &self.actors.get(usize::try_from(whose).ok()?)?.1.changes;
            let behind = usize::try_from(back).ok()?.checked_add(1)?;
            changes.get(changes.len().checked_sub(behind)?)
        };
        place()
            .map(|place| Dep::Inside(*place))
            .ok_or(unreadable("a dependency"))
    }

    /// Who wrote a change, and how many of its changes have followed.
    fn behind(&self, place: u32) -> (u64, u64) {
        let writer = self.changes[place as usize].writer;
        let changes = &self.actors[writer as usize].1.changes;
        let later = changes.len() - changes.partition_point(|change| *change <= place);
        (u64::from(writer), later as u64)
    }
}
