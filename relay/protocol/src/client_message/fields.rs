//! Messages as they travel, where nothing says yet which fields go together; from here they become what they mean.

use serde::{Deserialize, Serialize};
use spotter_model::{ChangeHash, LocationName};

use super::{ClientPull, JoinBy, JoinMeet, PullFrom, RecoverMeet};
use crate::meet_id::MeetId;
use crate::position::{Chain, LogId, Position};
use crate::secrets::{Password, SessionToken, Ticket};

/// `JOIN_MEET` as it travels, where nothing says yet which fields go together.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JoinMeetFields {
    protocol: u32,
    meet_id: MeetId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location_name: Option<LocationName>,
    #[serde(default, alias = "Password", skip_serializing_if = "Option::is_none")]
    password: Option<Password>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_token: Option<SessionToken>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    another: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ticket: Option<Ticket>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    position: Option<Position>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    heads: Option<Vec<ChangeHash>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epoch: Option<u64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    packs: Vec<u32>,
}

/// `RECOVER_MEET` as it travels.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecoverMeetFields {
    protocol: u32,
    ticket: Ticket,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    location_name: Option<LocationName>,
    #[serde(default, alias = "Password", skip_serializing_if = "Option::is_none")]
    password: Option<Password>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_token: Option<SessionToken>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    another: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    packs: Vec<u32>,
}

/// `CLIENT_PULL` as it travels.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ClientPullFields {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_token: Option<SessionToken>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_server_seq: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log_id: Option<LogId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chain: Option<Chain>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    heads: Option<Vec<ChangeHash>>,
}

/// The fields that say by what right somebody joins.
struct ByFields {
    location_name: Option<LocationName>,
    password: Option<Password>,
    session_token: Option<SessionToken>,
    another: Option<bool>,
}

impl TryFrom<ByFields> for JoinBy {
    type Error = &'static str;

    fn try_from(fields: ByFields) -> Result<Self, &'static str> {
        let another = fields.another.unwrap_or(false);
        match (fields.location_name, fields.password, fields.session_token) {
            (Some(_), Some(_), None) if another => Err("`another` needs `sessionToken` beside it"),
            (Some(location_name), Some(password), None) => Ok(Self::Password {
                location_name,
                password,
            }),
            (None, None, Some(token)) if another => Ok(Self::Another(token)),
            (None, None, Some(token)) => Ok(Self::Token(token)),
            (Some(_), None, None) => Err("`locationName` needs `password` beside it"),
            (None, Some(_), None) => Err("`password` needs `locationName` beside it"),
            (None, None, None) => Err("missing `locationName` and `password`, or `sessionToken`"),
            (Some(_), _, Some(_)) => {
                Err("`sessionToken` names its location itself: leave out `locationName`")
            }
            (None, Some(_), Some(_)) => {
                Err("`sessionToken` stands for the password: leave out `password`")
            }
        }
    }
}

impl From<JoinBy> for ByFields {
    fn from(by: JoinBy) -> Self {
        let (location_name, password, session_token, another) = match by {
            JoinBy::Password {
                location_name,
                password,
            } => (Some(location_name), Some(password), None, None),
            JoinBy::Token(token) => (None, None, Some(token), None),
            JoinBy::Another(token) => (None, None, Some(token), Some(true)),
        };
        Self {
            location_name,
            password,
            session_token,
            another,
        }
    }
}

impl TryFrom<JoinMeetFields> for JoinMeet {
    type Error = &'static str;

    fn try_from(fields: JoinMeetFields) -> Result<Self, &'static str> {
        Ok(Self {
            protocol: fields.protocol,
            meet_id: fields.meet_id,
            by: ByFields {
                location_name: fields.location_name,
                password: fields.password,
                session_token: fields.session_token,
                another: fields.another,
            }
            .try_into()?,
            ticket: fields.ticket,
            position: fields.position,
            heads: fields.heads,
            epoch: fields.epoch,
            packs: fields.packs,
        })
    }
}

impl From<JoinMeet> for JoinMeetFields {
    fn from(message: JoinMeet) -> Self {
        let by = ByFields::from(message.by);
        Self {
            protocol: message.protocol,
            meet_id: message.meet_id,
            location_name: by.location_name,
            password: by.password,
            session_token: by.session_token,
            another: by.another,
            ticket: message.ticket,
            position: message.position,
            heads: message.heads,
            epoch: message.epoch,
            packs: message.packs,
        }
    }
}

impl TryFrom<RecoverMeetFields> for RecoverMeet {
    type Error = &'static str;

    fn try_from(fields: RecoverMeetFields) -> Result<Self, &'static str> {
        let by = ByFields {
            location_name: fields.location_name,
            password: fields.password,
            session_token: fields.session_token,
            another: fields.another,
        };
        Ok(Self {
            protocol: fields.protocol,
            ticket: fields.ticket,
            by: by.try_into()?,
            packs: fields.packs,
        })
    }
}

impl From<RecoverMeet> for RecoverMeetFields {
    fn from(message: RecoverMeet) -> Self {
        let by = ByFields::from(message.by);
        Self {
            protocol: message.protocol,
            ticket: message.ticket,
            location_name: by.location_name,
            password: by.password,
            session_token: by.session_token,
            another: by.another,
            packs: message.packs,
        }
    }
}

impl TryFrom<ClientPullFields> for ClientPull {
    type Error = &'static str;

    fn try_from(fields: ClientPullFields) -> Result<Self, &'static str> {
        let from = match (fields.last_server_seq, fields.heads) {
            (Some(last_server_seq), None) => PullFrom::Position {
                last_server_seq,
                log_id: fields.log_id,
                chain: fields.chain,
            },
            (None, Some(heads)) => PullFrom::Heads(heads),
            (Some(_), Some(_)) => return Err("give either `lastServerSeq` or `heads`"),
            (None, None) => return Err("missing `lastServerSeq` or `heads`"),
        };
        Ok(Self {
            session_token: fields.session_token,
            from,
        })
    }
}

impl From<ClientPull> for ClientPullFields {
    fn from(message: ClientPull) -> Self {
        let session_token = message.session_token;
        match message.from {
            PullFrom::Position {
                last_server_seq,
                log_id,
                chain,
            } => Self {
                session_token,
                last_server_seq: Some(last_server_seq),
                log_id,
                chain,
                heads: None,
            },
            PullFrom::Heads(heads) => Self {
                session_token,
                last_server_seq: None,
                log_id: None,
                chain: None,
                heads: Some(heads),
            },
        }
    }
}
