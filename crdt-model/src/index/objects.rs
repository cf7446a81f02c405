//! The maps of the document, as dense numbers.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::ids::OpId;
use crate::op::ObjectId;

/// Every map that an admitted change has made; number 0 is the root.
pub(super) struct Objects {
    numbers: BTreeMap<OpId, u32>,
    objects: Vec<Object>,
    /// The maps in each map, with their keys.
    inside: BTreeMap<u32, Vec<(Arc<str>, u32)>>,
}

#[derive(Clone, Copy)]
pub(super) struct Object {
    pub(super) id: ObjectId,
    /// The change that made it; the root was there before all.
    pub(super) made_by: Option<u32>,
    pub(super) depth: u8,
}

impl Objects {
    pub(super) fn new() -> Self {
        let root = Object {
            id: ObjectId::Root,
            made_by: None,
            depth: 0,
        };
        Self {
            numbers: BTreeMap::new(),
            objects: vec![root],
            inside: BTreeMap::new(),
        }
    }

    pub(super) fn number_of(&self, id: &ObjectId) -> Option<u32> {
        match id {
            ObjectId::Root => Some(0),
            ObjectId::Made(id) => self.numbers.get(id).copied(),
        }
    }

    pub(super) fn get(&self, number: u32) -> Object {
        self.objects[number as usize]
    }

    pub(super) fn id(&self, number: u32) -> ObjectId {
        self.get(number).id
    }

    pub(super) fn made_in(&self, object: u32) -> impl Iterator<Item = (&str, ObjectId)> {
        let inside = self.inside.get(&object).into_iter().flatten();
        inside.map(|(key, number)| (&**key, self.id(*number)))
    }

    pub(super) fn add(&mut self, id: OpId, made_by: u32, above: u32, key: &str) {
        let number = self.objects.len() as u32;
        self.numbers.insert(id, number);
        self.inside
            .entry(above)
            .or_default()
            .push((key.into(), number));
        self.objects.push(Object {
            id: ObjectId::Made(id),
            made_by: Some(made_by),
            depth: self.get(above).depth + 1,
        });
    }
}
