//! Reading a journal in pieces of any size.

use serde::de::DeserializeOwned;

use crate::frame::{self, Frame};
use crate::{Damage, LINE_BYTES_MAX, Place, Verdict};

/// Where a sound line may begin inside a damaged one is tried at most this often, so that hostile bytes cost linear time.
const RESTARTS_MAX: usize = 8;

/// Reads a journal's bytes, in order and in pieces of any size, and judges them.
///
/// Total: no bytes make it panic, and it holds at most one line. After damage it reads on, because the watermark of a
/// later line decides what the damage means.
#[derive(Clone, Debug)]
pub struct Scanner {
    /// After the last line that is sound and follows all before it.
    place: Place,
    /// The largest watermark of any sound line.
    watermark: u64,
    /// The first damage met.
    damage: Option<Found>,
    /// The bytes of a line that has not ended yet.
    rest: Vec<u8>,
    /// The offset of the first byte that is in no finished line.
    offset: u64,
    /// Set while passing over the remainder of a line that is too long.
    passing_over: bool,
}

/// A line that was found, with its payload still as bytes.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The number of the record, counting from 0; meaningful only if the line stands in order.
    pub record: u64,
    /// The number of the line as editors count, from 1; meaningful only if the line stands in order.
    pub number: u64,
    /// The offset at which the line begins.
    pub offset: u64,
    /// Whether all before it is sound as well.
    pub standing: Standing,
    fields: &'a [u8],
}

/// The caller's word that a line, sound as it is, holds no record of this journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// How a sound line stands to those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It follows an unbroken row of sound lines.
    InOrder,
    /// It is sound in itself but comes after damage. Only a repair wants it.
    Adrift,
}

#[derive(Clone, Copy, Debug)]
struct Found {
    at: u64,
    line: u64,
    what: Damage,
}

impl Scanner {
    /// A scanner for a whole journal.
    pub fn new() -> Self {
        Self::resume(Place::START)
    }

    /// A scanner that begins at a known place, before which everything has been judged and synced.
    pub fn resume(place: Place) -> Self {
        Self {
            place,
            watermark: place.offset,
            damage: None,
            rest: Vec::new(),
            offset: place.offset,
            passing_over: false,
        }
    }

    /// Takes in the next bytes and hands every record that ends in them to `sink`. Marks are not handed out.
    ///
    /// A record in order that the sink refuses is corruption, wherever it lies: no torn write leaves a right checksum
    /// around wrong fields. What the sink says of a record adrift changes nothing.
    pub fn feed(
        &mut self,
        mut bytes: &[u8],
        mut sink: impl FnMut(Line<'_>) -> Result<(), Unreadable>,
    ) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (head, tail) = bytes.split_at(end + 1);
            bytes = tail;
            if self.rest.is_empty() {
                self.ended(head, &mut sink);
            } else {
                let mut line = std::mem::take(&mut self.rest);
                line.extend_from_slice(head);
                self.ended(&line, &mut sink);
            }
        }
        self.unfinished(bytes);
    }

    /// The place after the last record that stands in order: where a torn journal is cut and goes on.
    pub fn place(&self) -> Place {
        self.place
    }

    /// The largest watermark met so far: every byte before it is known to have reached the disk.
    pub fn watermark(&self) -> u64 {
        self.watermark
    }

    /// Whether anything but sound lines in order has been met so far.
    pub fn is_damaged(&self) -> bool {
        self.damage.is_some()
    }

    /// Judges what was read, given that nothing follows.
    pub fn finish(mut self) -> Verdict {
        if !self.rest.is_empty() {
            self.note(self.offset, Damage::Unfinished);
        }
        match self.damage {
            None => Verdict::Clean,
            Some(found) if found.at < self.watermark => Verdict::Corrupt {
                at: found.at,
                line: found.line,
                what: found.what,
            },
            Some(found) => Verdict::Torn { at: found.at },
        }
    }

    /// Judges one line, given with its line feed.
    fn ended(&mut self, line: &[u8], sink: &mut impl FnMut(Line<'_>) -> Result<(), Unreadable>) {
        let offset = self.offset;
        self.offset += line.len() as u64;
        if std::mem::take(&mut self.passing_over) {
            return;
        }
        if line.len() > LINE_BYTES_MAX {
            return self.note(offset, Damage::TooLong);
        }
        let line = &line[..line.len() - 1];
        let judged = frame::take(line).and_then(|frame| self.in_order(frame, offset));
        match judged {
            Ok(frame) => self.accept(frame, offset, sink),
            Err(what) => {
                self.note(offset, what);
                self.look_for_sound_line(line, offset, sink);
            }
        }
    }

    fn in_order<'a>(&self, frame: Frame<'a>, offset: u64) -> Result<Frame<'a>, Damage> {
        if self.damage.is_some() {
            return Err(Damage::Chain);
        }
        if frame.watermark > offset {
            return Err(Damage::Watermark);
        }
        if frame.number != self.place.lines {
            return Err(Damage::Number {
                due: self.place.lines,
                found: frame.number,
            });
        }
        if frame.previous != self.place.chain {
            return Err(Damage::Chain);
        }
        Ok(frame)
    }

    fn accept(
        &mut self,
        frame: Frame<'_>,
        offset: u64,
        sink: &mut impl FnMut(Line<'_>) -> Result<(), Unreadable>,
    ) {
        self.watermark = self.watermark.max(frame.watermark);
        let is_mark = frame.fields == frame::MARK;
        let line = Line {
            record: self.place.records,
            number: self.place.lines + 1,
            offset,
            standing: Standing::InOrder,
            fields: frame.fields,
        };
        if !is_mark && sink(line) == Err(Unreadable) {
            self.watermark = u64::MAX;
            return self.note(offset, Damage::Fields);
        }
        self.place = Place {
            lines: self.place.lines + 1,
            records: self.place.records + u64::from(!is_mark),
            offset: self.offset,
            chain: frame.crc,
        };
    }

    /// After damage: the line itself may be sound, or a sound one may begin within it where a line feed was lost.
    fn look_for_sound_line(
        &mut self,
        line: &[u8],
        offset: u64,
        sink: &mut impl FnMut(Line<'_>) -> Result<(), Unreadable>,
    ) {
        let within = (1..line.len())
            .rev()
            .filter(|&at| frame::begins_like_a_line(&line[at..]));
        for at in std::iter::once(0).chain(within.take(RESTARTS_MAX)) {
            let Ok(frame) = frame::take(&line[at..]) else {
                continue;
            };
            self.watermark = self.watermark.max(frame.watermark);
            if frame.fields != frame::MARK {
                let _ = sink(Line {
                    record: self.place.records,
                    number: self.place.lines + 1,
                    offset: offset + at as u64,
                    standing: Standing::Adrift,
                    fields: frame.fields,
                });
            }
            return;
        }
    }

    fn unfinished(&mut self, bytes: &[u8]) {
        if self.passing_over {
            self.offset += bytes.len() as u64;
            return;
        }
        self.rest.extend_from_slice(bytes);
        if self.rest.len() > LINE_BYTES_MAX {
            self.note(self.offset, Damage::TooLong);
            self.offset += self.rest.len() as u64;
            self.rest = Vec::new();
            self.passing_over = true;
        }
    }

    fn note(&mut self, at: u64, what: Damage) {
        let line = self.place.lines + 1;
        self.damage.get_or_insert(Found { at, line, what });
    }
}

impl Default for Scanner {
    fn default() -> Self {
        Self::new()
    }
}

impl Line<'_> {
    /// Reads the payload.
    ///
    /// # Errors
    ///
    /// The fields are not those of a `T`.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        let mut object = Vec::with_capacity(self.fields.len() + 2);
        object.push(b'{');
        object.extend_from_slice(self.fields);
        object.push(b'}');
        serde_json::from_slice(&object)
    }
}
