//! Coming in as a registered person, by a token or a password, and by an invitation.

use super::events::{list, text};
use super::order::minute;
use super::{Effect, Model, same};
use mio_wire::text::tight;
use serde_json::{Value, json};

/// The registered person as whom the client comes in.
#[derive(Debug)]
pub(in crate::client) struct Login {
    pub(in crate::client) nick: String,
    /// The token that was kept from an earlier login.
    pub(in crate::client) token: Option<String>,
    pub(in crate::client) password: Option<String>,
}

/// Words that the person is asked for, because a command lacks them.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::client) enum Form {
    /// The password of a registered person and, without one, the name.
    Login(Option<String>),
    /// A new password.
    Register,
}

impl Model {
    /// The words that the person must be asked for since the last call.
    pub(in crate::client) fn take_form(&mut self) -> Option<Form> {
        self.form.take()
    }

    /// Makes the client come in as a registered person.
    pub(in crate::client) fn log_in(&mut self, login: Login) {
        self.wanted_nick = Some(login.nick.clone());
        self.login = Some(login);
    }

    /// Makes the client come in by an invitation with this code.
    pub(in crate::client) fn use_invitation(&mut self, code: String) {
        self.invitation = Some(code);
    }

    /// Adds the credentials that the client shows before its first welcome.
    pub(super) fn show_login(&self, auth: &mut Value) {
        if let Some(code) = self.invitation.as_ref().filter(|_| self.token.is_none()) {
            auth["invite"] = json!(code);
        }
        let Some(login) = self.login.as_ref().filter(|_| self.token.is_none()) else { return };
        match (&login.token, &login.password) {
            (Some(token), _) => auth["token"] = json!(token),
            (None, Some(password)) => auth["password"] = json!(password),
            (None, None) => (),
        }
    }

    /// The server has welcomed the client. If it is the registered person, the token is kept.
    pub(super) fn welcomed_as(&mut self) {
        let Some(login) = &mut self.login else { return };
        login.password = None;
        let (nick, token) = (login.nick.clone(), self.token.clone());
        if same(&nick, &self.nick) && token != login.token {
            login.token.clone_from(&token);
            self.effects.push(Effect::Keep { nick, token });
        }
    }

    /// The server does not take the client for the registered person; the reason why the client
    /// ends then. A kept token is forgotten.
    pub(in crate::client) fn login_refused(&mut self, error: &str) -> Option<String> {
        let login = self.login.take_if(|_| !self.was_online)?;
        let nick = login.nick;
        if login.token.is_none() {
            return Some(error.to_owned());
        }
        let why = format!("the login of {nick} here has ended; start again to type the password");
        self.effects.push(Effect::Keep { nick, token: None });
        Some(why)
    }

    /// The person has logged out: the kept token is worthless.
    pub(super) fn forget_login(&mut self) {
        if let Some(login) = self.login.take() {
            self.effects.push(Effect::Keep { nick: login.nick, token: None });
        }
    }

    /// Lists the devices of the person.
    pub(super) fn devices(&mut self, body: &Value) {
        let devices = list(body, "devices");
        if devices.is_empty() {
            return self.notice("you have no devices");
        }
        for device in devices {
            let number = device.get("number").and_then(Value::as_i64).unwrap_or_default();
            let is_here = device.get("here").and_then(Value::as_bool).unwrap_or(false);
            let is_own = device.get("own").and_then(Value::as_bool).unwrap_or(false);
            let kind = tight(text(device, "kind"));
            let since =
                minute(device, "since").map_or_else(String::new, |it| format!(", since {it}"));
            let here = match (is_own, is_here) {
                (true, _) => ", this one".to_owned(),
                (false, true) => format!(", here now; /devices {number} ends it"),
                (false, false) => match minute(device, "seen") {
                    Some(seen) => format!(", last used {seen}; /devices {number} ends it"),
                    None => format!("; /devices {number} ends it"),
                },
            };
            self.notice(format!("{number} {kind}{since}{here}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Mode;
    use super::*;

    fn model(token: Option<&str>, password: Option<&str>) -> Model {
        let mut model = Model::new(Mode::Screen, None, None, "run".to_owned());
        let (token, password) = (token.map(str::to_owned), password.map(str::to_owned));
        model.log_in(Login { nick: "alice".to_owned(), token, password });
        model
    }

    fn keeps(model: &mut Model) -> Vec<Option<String>> {
        let effects = model.take_effects().into_iter();
        let kept = effects.filter_map(|effect| match effect {
            Effect::Keep { token, .. } => Some(token),
            _ => None,
        });
        kept.collect()
    }

    #[test]
    fn a_password_is_shown_once_and_the_token_kept() {
        let mut model = model(None, Some("correct-horse"));
        let auth = model.auth();
        assert_eq!((&auth["nick"], &auth["password"]), (&json!("alice"), &json!("correct-horse")));
        model.event("welcome", &json!({"nick": "alice", "token": "t1", "rooms": []}));
        assert_eq!(keeps(&mut model), [Some("t1".to_owned())]);
        let again = model.auth();
        assert_eq!((&again["token"], &again["password"]), (&json!("t1"), &Value::Null));
        model.event("welcome", &json!({"nick": "alice", "token": "t1", "rooms": []}));
        assert_eq!(keeps(&mut model), []);
        model.event("welcome", &json!({"nick": "alice", "token": "t2", "rooms": []}));
        assert_eq!(keeps(&mut model), [Some("t2".to_owned())]);
    }

    #[test]
    fn a_kept_token_is_shown_and_forgotten_if_it_is_not_good() {
        let mut model = model(Some("t1"), None);
        assert_eq!(model.auth()["token"], "t1");
        let why = model.login_refused("alice is registered").expect("it ends");
        assert!(why.starts_with("the login of alice here has ended"), "{why}");
        assert_eq!(keeps(&mut model), [None]);
    }

    #[test]
    fn a_wrong_password_ends_the_client_and_a_later_refusal_does_not() {
        let mut wrong = model(None, Some("wrong"));
        assert_eq!(wrong.login_refused("no").as_deref(), Some("no"));
        assert_eq!(keeps(&mut wrong), []);
        let mut online = model(None, Some("right"));
        online.event("welcome", &json!({"nick": "alice", "token": "t1", "rooms": []}));
        assert_eq!(online.login_refused("no"), None);
    }
}
