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

impl JoinBy {
    fn from_fields(
        location_name: Option<LocationName>,
        password: Option<Password>,
        session_token: Option<SessionToken>,
    ) -> Result<Self, &'static str> {
        match (location_name, password, session_token) {
            (Some(location_name), Some(password), None) => Ok(Self::Password {
                location_name,
                password,
            }),
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

    fn into_fields(self) -> (Option<LocationName>, Option<Password>, Option<SessionToken>) {
        match self {
            Self::Password {
                location_name,
                password,
            } => (Some(location_name), Some(password), None),
            Self::Token(token) => (None, None, Some(token)),
        }
    }
}

impl TryFrom<JoinMeetFields> for JoinMeet {
    type Error = &'static str;

    fn try_from(fields: JoinMeetFields) -> Result<Self, &'static str> {
        Ok(Self {
            protocol: fields.protocol,
            meet_id: fields.meet_id,
            by: JoinBy::from_fields(fields.location_name, fields.password, fields.session_token)?,
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
        let (location_name, password, session_token) = message.by.into_fields();
        Self {
            protocol: message.protocol,
            meet_id: message.meet_id,
            location_name,
            password,
            session_token,
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
        let by = JoinBy::from_fields(fields.location_name, fields.password, fields.session_token)?;
        Ok(Self {
            protocol: fields.protocol,
            ticket: fields.ticket,
            by,
            packs: fields.packs,
        })
    }
}

impl From<RecoverMeet> for RecoverMeetFields {
    fn from(message: RecoverMeet) -> Self {
        let (location_name, password, session_token) = message.by.into_fields();
        Self {
            protocol: message.protocol,
            ticket: message.ticket,
            location_name,
            password,
            session_token,
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
