//! A post to a hook, as one text: a text as it is, JSON by its `text`, and the events of
//! GitHub and of Prometheus's Alertmanager as a line that a person can read.

use crate::limits::{HOOK_ALERTS_NAMED_MAX, HOOK_KEYS_NAMED_MAX, HOOK_TITLE_CHARS_MAX};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The reason why nothing can be said of it, in a sentence.
pub(super) type Why = String;

/// The text of a body. `event` is the name of GitHub's event, if the request has one.
///
/// # Errors
/// The reason, for the program's author.
pub(super) fn text_of(body: &[u8], event: Option<&str>) -> Result<String, Why> {
    let text = std::str::from_utf8(body).map_err(|_| "the body must be UTF-8".to_owned())?;
    let text = match text.strip_prefix("payload=") {
        // A form with one field, as GitHub and others send JSON if they are told so.
        Some(field) => unescaped(field)?,
        None => Cow::Borrowed(text.trim()),
    };
    // JSON's other values are texts, but an event of GitHub's is always an object.
    if !text.starts_with('{') && event.is_some() {
        return Err("an event must be a JSON object".to_owned());
    }
    if !text.starts_with('{') {
        return Ok(text.into_owned());
    }
    let object: Map<String, Value> =
        serde_json::from_str(&text).map_err(|error| format!("this is no JSON: {error}"))?;
    match object.get("text") {
        Some(Value::String(text)) => return Ok(text.trim().to_owned()),
        Some(_) => return Err("text must be a string".to_owned()),
        None => (),
    }
    if let Some(alerts) = object.get("alerts").and_then(Value::as_array) {
        return Ok(alertmanager(&object, alerts));
    }
    match event {
        Some(event) => Ok(github(event, &Value::Object(object))),
        None => {
            let keys: Vec<&str> =
                object.keys().map(String::as_str).take(HOOK_KEYS_NAMED_MAX).collect();
            Err(format!("JSON needs a text; this has only: {}", keys.join(", ")))
        }
    }
}

/// A value of a form (application/x-www-form-urlencoded).
fn unescaped(field: &str) -> Result<Cow<'static, str>, Why> {
    let broken = || "the form's field payload cannot be read".to_owned();
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'&' => break,
            b'%' => {
                let mut digit = || rest.next().and_then(|it| char::from(it).to_digit(16));
                let (high, low) = digit().zip(digit()).ok_or_else(broken)?;
                u8::try_from(16 * high + low).map_err(|_| broken())?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| broken())
}

/// `[firing 2] InstanceDown: web-1 is down; InstanceDown: web-2 is down`. The ones that fire come
/// first, and then the ones that are over: `[firing 1] Down: web-1; [resolved 1] Disk: web-2`.
fn alertmanager(object: &Map<String, Value>, alerts: &[Value]) -> String {
    const STATES: [&str; 2] = ["firing", "resolved"];
    let common = object.get("status").and_then(Value::as_str).unwrap_or("alert");
    let of = |alert: &Value| STATES.into_iter().find(|state| alert["status"] == **state);
    let group = |state: &str| {
        let group: Vec<&Value> =
            alerts.iter().filter(|alert| of(alert).unwrap_or(common) == state).collect();
        (!group.is_empty()).then(|| alert_group(state, &group))
    };
    let others = Some(common).filter(|common| !STATES.contains(common));
    let groups: Vec<String> = STATES.into_iter().chain(others).filter_map(group).collect();
    match groups.is_empty() {
        true => alert_group(common, &[]),
        false => groups.join("; "),
    }
}

/// The alerts that have one status.
fn alert_group(status: &str, alerts: &[&Value]) -> String {
    let alert = |alert: &&Value| {
        let label = |name: &str| words(&alert["labels"][name]);
        let note = |name: &str| words(&alert["annotations"][name]);
        let name = label("alertname").unwrap_or_else(|| "an alert".to_owned());
        let about = note("summary").or_else(|| note("description")).or_else(|| label("instance"));
        about.map_or(name.clone(), |about| format!("{name}: {about}"))
    };
    let named: Vec<String> = alerts.iter().take(HOOK_ALERTS_NAMED_MAX).map(alert).collect();
    let more = match alerts.len().saturating_sub(named.len()) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    format!("[{status} {}] {}{more}", alerts.len(), named.join("; "))
}

/// `alice pushed 2 commits to main of org/repo: Fix the door https://…`
fn github(event: &str, it: &Value) -> String {
    let who = words(&it["sender"]["login"]).or_else(|| words(&it["pusher"]["name"]));
    let who = who.unwrap_or_else(|| "somebody".to_owned());
    let repo =
        words(&it["repository"]["full_name"]).or_else(|| words(&it["organization"]["login"]));
    let repo = repo.unwrap_or_else(|| "GitHub".to_owned());
    let action = words(&it["action"]).unwrap_or_default().replace('_', " ");
    let about = |kind: &str, name: &str| {
        let thing = &it[name];
        let number = thing["number"].as_u64().map_or_else(String::new, |it| format!(" #{it}"));
        let title = words(&thing["title"]).or_else(|| words(&thing["name"]));
        let title = title.map_or_else(String::new, |title| format!(": {title}"));
        format!("{who} {action} {kind}{number} in {repo}{title}{}", link(&thing["html_url"]))
    };
    match event {
        "ping" => format!("{repo} is connected"),
        "push" => push(&who, &repo, it),
        "pull_request" if it["pull_request"]["merged"] == true && action == "closed" => {
            about("pull request", "pull_request").replacen(" closed ", " merged ", 1)
        }
        "pull_request" => about("pull request", "pull_request"),
        "issues" => about("issue", "issue"),
        "release" => about("release", "release"),
        "issue_comment" | "pull_request_review_comment" | "commit_comment" => {
            let thing = if it["issue"].is_object() { &it["issue"] } else { &it["pull_request"] };
            let number = thing["number"].as_u64().map_or_else(String::new, |it| format!(" #{it}"));
            let said = words(&it["comment"]["body"]).unwrap_or_default();
            let link = link(&it["comment"]["html_url"]);
            format!("{who} commented on{number} in {repo}: {said}{link}")
        }
        "pull_request_review" => {
            let state = words(&it["review"]["state"]).unwrap_or_default().replace('_', " ");
            let title = words(&it["pull_request"]["title"]).unwrap_or_default();
            let number = it["pull_request"]["number"].as_u64().unwrap_or_default();
            let link = link(&it["review"]["html_url"]);
            format!("{who} reviewed #{number} in {repo} ({state}): {title}{link}")
        }
        "workflow_run" | "check_run" | "check_suite" => {
            let run = &it[event];
            let name = words(&run["name"]).unwrap_or_else(|| "a workflow".to_owned());
            let branch = words(&run["head_branch"]);
            let branch = branch.map_or_else(String::new, |branch| format!(" on {branch}"));
            let end = words(&run["conclusion"]).or_else(|| words(&run["status"]));
            let end = end.unwrap_or(action).replace('_', " ");
            format!("{name}{branch} in {repo}: {end}{}", link(&run["html_url"]))
        }
        "deployment_status" => {
            let state = words(&it["deployment_status"]["state"]).unwrap_or_default();
            let place = words(&it["deployment"]["environment"]);
            let place = place.map_or_else(String::new, |place| format!(" to {place}"));
            let link = link(&it["deployment_status"]["target_url"]);
            format!("deployment{place} of {repo}: {}{link}", state.replace('_', " "))
        }
        "create" | "delete" => {
            let kind = words(&it["ref_type"]).unwrap_or_default();
            let name = words(&it["ref"]).unwrap_or_default();
            format!("{who} {event}d {kind} {name} in {repo}")
        }
        other => {
            let action = if action.is_empty() { String::new() } else { format!(" {action}") };
            format!("{who}: {}{action} in {repo}", other.replace('_', " "))
        }
    }
}

fn push(who: &str, repo: &str, it: &Value) -> String {
    let name = words(&it["ref"]).unwrap_or_default();
    let branch = name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/tags/"));
    let branch = branch.unwrap_or(&name);
    if it["deleted"] == true {
        return format!("{who} deleted {branch} of {repo}");
    }
    let commits = it["commits"].as_array().map_or(0, Vec::len);
    let many = match commits {
        1 => "1 commit".to_owned(),
        many => format!("{many} commits"),
    };
    let last = words(&it["head_commit"]["message"]);
    let last = last.map_or_else(String::new, |last| format!(": {last}"));
    format!("{who} pushed {many} to {branch} of {repo}{last}{}", link(&it["compare"]))
}

/// The first line of a text, cut to a length; `None` if there is none.
fn words(value: &Value) -> Option<String> {
    let line = value.as_str()?.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(match line.char_indices().nth(HOOK_TITLE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    })
}

/// A link at the end of a line; nothing if it is none.
fn link(value: &Value) -> String {
    let link = value.as_str().filter(|it| it.starts_with("https://") && !it.contains(' '));
    link.map_or_else(String::new, |link| format!(" {link}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(body: &str) -> Result<String, Why> {
        text_of(body.as_bytes(), None)
    }

    fn of_github(event: &str, body: &Value) -> String {
        text_of(body.to_string().as_bytes(), Some(event)).expect("a line")
    }

    #[test]
    fn a_text_is_said_as_it_is_and_json_by_its_text() {
        assert_eq!(of("deploy done\n").as_deref(), Ok("deploy done"));
        assert_eq!(of(" [not json] 50% + 1 & more ").as_deref(), Ok("[not json] 50% + 1 & more"));
        assert_eq!(of(r#"{"text": " deploy\ndone ", "x": 1}"#).as_deref(), Ok("deploy\ndone"));
        let form = "payload=%7B%22text%22%3A+%22a%2Bb+%C3%A9%22%7D&x=y";
        assert_eq!(of(form).as_deref(), Ok("a+b é"));
        assert_eq!(of("").as_deref(), Ok(""));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let why = |body: &str| of(body).expect_err("it is wrong");
        assert_eq!(why(r#"{"text": 7}"#), "text must be a string");
        assert_eq!(why(r#"{"a": 1, "b": 2}"#), "JSON needs a text; this has only: a, b");
        assert!(why(r#"{"text": "#).starts_with("this is no JSON: EOF"));
        assert_eq!(why("payload=%7"), "the form's field payload cannot be read");
        assert_eq!(why("payload=%FF"), "the form's field payload cannot be read");
        let event = text_of(b"[1, 2]", Some("push"));
        assert_eq!(event.expect_err("an array"), "an event must be a JSON object");
        assert_eq!(text_of(b"\xff", None).expect_err("bytes"), "the body must be UTF-8");
    }

    #[test]
    fn githubs_events_are_lines() {
        let base = json!({"sender": {"login": "alice"}, "repository": {"full_name": "org/repo"}});
        let with = |more: Value| {
            let mut it = base.clone();
            let all = it.as_object_mut().expect("an object");
            all.extend(more.as_object().expect("an object").clone());
            it
        };
        let url = "https://github.com/org/repo/x";
        let push = with(json!({"ref": "refs/heads/main", "commits": [{}, {}], "compare": url,
            "head_commit": {"message": "Fix the door\n\nLong story"}}));
        let line = format!("alice pushed 2 commits to main of org/repo: Fix the door {url}");
        assert_eq!(of_github("push", &push), line);
        let pull = with(json!({"action": "closed",
            "pull_request": {"number": 7, "title": "Doors", "merged": true, "html_url": url}}));
        let line = format!("alice merged pull request #7 in org/repo: Doors {url}");
        assert_eq!(of_github("pull_request", &pull), line);
        let issue =
            with(json!({"action": "opened", "issue": {"number": 8, "title": "It squeaks"}}));
        assert_eq!(of_github("issues", &issue), "alice opened issue #8 in org/repo: It squeaks");
        let comment = with(json!({"issue": {"number": 8}, "comment": {"body": "me too\nreally"}}));
        assert_eq!(
            of_github("issue_comment", &comment),
            "alice commented on #8 in org/repo: me too"
        );
        let run = with(json!({"workflow_run": {"name": "CI", "head_branch": "main",
            "conclusion": "failure", "html_url": "javascript:alert(1)"}}));
        assert_eq!(of_github("workflow_run", &run), "CI on main in org/repo: failure");
        let deployed =
            with(json!({"action": "created", "deployment": {"environment": "production"},
            "deployment_status": {"state": "in_progress", "target_url": url}}));
        assert_eq!(
            of_github("deployment_status", &deployed),
            format!("deployment to production of org/repo: in progress {url}")
        );
        assert_eq!(of_github("ping", &base), "org/repo is connected");
        assert_eq!(
            of_github("star", &with(json!({"action": "created"}))),
            "alice: star created in org/repo"
        );
        // Whatever it is, it is one line.
        assert_eq!(
            of_github("push", &json!({"commits": 7})),
            "somebody pushed 0 commits to  of GitHub"
        );
    }

    #[test]
    fn alerts_are_a_line() {
        let alert = |name: &str, note: Value| {
            json!({"labels": {"alertname": name, "instance": "web-1"},
            "annotations": note})
        };
        let all = json!({"status": "firing", "alerts": [
            alert("Down", json!({"summary": "web-1 is down"})), alert("Disk", json!({})),
        ]});
        let line = of(&all.to_string()).expect("a line");
        assert_eq!(line, "[firing 2] Down: web-1 is down; Disk: web-1");
        let many = vec![alert("Down", json!({})); HOOK_ALERTS_NAMED_MAX + 2];
        let line = of(&json!({"status": "resolved", "alerts": many}).to_string()).expect("a line");
        assert!(
            line.starts_with("[resolved 7] Down: web-1; ") && line.ends_with("; and 2 more"),
            "{line}"
        );
        let mut mixed = all;
        mixed["alerts"][0]["status"] = json!("resolved");
        let line = of(&mixed.to_string()).expect("a line");
        assert_eq!(line, "[firing 1] Disk: web-1; [resolved 1] Down: web-1 is down");
        assert_eq!(of(r#"{"alerts": []}"#).as_deref(), Ok("[alert 0] "));
    }
}
