//! Short lists of numbers in four bytes.
//!
//! Nearly every write has at most one pred and one successor. A list is empty, one number, or the place of a
//! longer list kept elsewhere.

/// A list of numbers below 2^31.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EdgeList(u32);

const EMPTY: u32 = u32::MAX;
const LONG: u32 = 1 << 31;

impl EdgeList {
    pub(crate) const fn new() -> Self {
        Self(EMPTY)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0 == EMPTY
    }
}

/// Where the longer lists are kept.
#[derive(Default)]
pub(crate) struct Edges {
    long: Vec<Vec<u32>>,
}

impl Edges {
    pub(super) fn of(&mut self, numbers: &[u32]) -> EdgeList {
        let mut list = EdgeList::new();
        numbers
            .iter()
            .for_each(|&number| self.push(&mut list, number));
        list
    }

    pub(super) fn push(&mut self, list: &mut EdgeList, number: u32) {
        debug_assert!(number < LONG);
        if list.is_empty() {
            list.0 = number;
        } else if list.0 & LONG == 0 {
            self.long.push(vec![list.0, number]);
            list.0 = LONG | (self.long.len() - 1) as u32;
        } else {
            self.long[(list.0 & !LONG) as usize].push(number);
        }
    }

    pub(super) fn list<'a>(&'a self, list: &'a EdgeList) -> &'a [u32] {
        if list.is_empty() {
            &[]
        } else if list.0 & LONG == 0 {
            std::slice::from_ref(&list.0)
        } else {
            &self.long[(list.0 & !LONG) as usize]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quickcheck_macros::quickcheck;

    #[quickcheck]
    fn a_list_gives_back_what_was_pushed(lists: Vec<Vec<u16>>) -> bool {
        let lists: Vec<Vec<u32>> = lists
            .into_iter()
            .map(|l| l.into_iter().map(u32::from).collect())
            .collect();
        let mut edges = Edges::default();
        let kept: Vec<EdgeList> = lists.iter().map(|numbers| edges.of(numbers)).collect();
        kept.iter()
            .zip(&lists)
            .all(|(list, numbers)| edges.list(list) == numbers.as_slice())
    }
}
