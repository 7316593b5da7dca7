use super::*;
use crate::eio::Version::{self, V3, V4};
use serde_json::{Value, json};

mod arguments;
mod random;

fn packet(kind: Kind, namespace: &str, id: Option<u64>, data: &'static str) -> Packet<'static> {
    let namespace = namespace.to_owned().leak();
    Packet { kind, namespace, query: None, id, attachments: 0, data, beyond: None }
}

#[test]
fn packets_of_both_protocols() {
    let binary = r#"["baz",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]"#;
    let binary = (Kind::BinaryEvent, "/admin", Some(7), 2, binary);
    let cases = [
        ("1", packet(Kind::Disconnect, "/", None, "")),
        ("1/admin,", packet(Kind::Disconnect, "/admin", None, "")),
        ("1/admin", packet(Kind::Disconnect, "/admin", None, "")),
        ("0/admin,", packet(Kind::Connect, "/admin", None, "")),
        ("0/admin", packet(Kind::Connect, "/admin", None, "")),
        (r#"2["hello",1]"#, packet(Kind::Event, "/", None, r#"["hello",1]"#)),
        (r#"2/admin,456["a",{}]"#, packet(Kind::Event, "/admin", Some(456), r#"["a",{}]"#)),
        (r#"20["a"]"#, packet(Kind::Event, "/", Some(0), r#"["a"]"#)),
        (r#"2["é😀"]"#, packet(Kind::Event, "/", None, r#"["é😀"]"#)),
        (r#"2["error"]"#, packet(Kind::Event, "/", None, r#"["error"]"#)),
        ("2[1,2]", packet(Kind::Event, "/", None, "[1,2]")),
        ("2[ \"a\" , 1 ] \n", packet(Kind::Event, "/", None, "[ \"a\" , 1 ] \n")),
        ("3456[]", packet(Kind::Ack, "/", Some(456), "[]")),
        ("3/admin,0[1]", packet(Kind::Ack, "/admin", Some(0), "[1]")),
        ("318446744073709551615[]", packet(Kind::Ack, "/", Some(18_446_744_073_709_551_615), "[]")),
        (r#"50-["a"]"#, packet(Kind::BinaryEvent, "/", None, r#"["a"]"#)),
        ("60-1[]", packet(Kind::BinaryAck, "/", Some(1), "[]")),
    ];
    for version in [V3, V4] {
        for (text, expected) in &cases {
            assert_eq!(decode(version, text).as_ref(), Ok(expected), "{text}");
        }
        assert_eq!(decode(version, "0"), Ok(packet(Kind::Connect, "/", None, "")));
        let (kind, namespace, id, attachments, data) = binary;
        let text = format!("52-/admin,7{data}");
        let whole = packet(kind, namespace, id, data);
        let expected = Packet { attachments, ..whole };
        assert_eq!(decode(version, &text), Ok(expected));
    }
}

#[test]
fn connect_has_an_object_or_nothing() {
    let auth = r#"{"token":"123"}"#;
    assert_eq!(decode(V4, r#"0{"token":"123"}"#), Ok(packet(Kind::Connect, "/", None, auth)));
    let admin = packet(Kind::Connect, "/admin", None, auth);
    assert_eq!(decode(V4, r#"0/admin,{"token":"123"}"#), Ok(admin));
    for data in ["[]", "null", "\"s\"", "1", "{", "{}}", "{}{}", " {}", "5{}"] {
        assert_eq!(decode(V4, &format!("0{data}")), Err(Malformed), "{data}");
    }
    assert_eq!(decode(V3, "0{}"), Err(Malformed));
}

#[test]
fn only_eio_3_takes_a_query_off_a_namespace() {
    let old = decode(V3, "0/admin?foo=bar&a=?,").expect("it is well formed");
    assert_eq!((old.namespace, old.query), ("/admin", Some("foo=bar&a=?")));
    let old = decode(V3, "0/admin?").expect("it is well formed");
    assert_eq!((old.namespace, old.query), ("/admin", Some("")));
    let new = decode(V4, "0/custom?x=1,").expect("it is well formed");
    assert_eq!((new.namespace, new.query), ("/custom?x=1", None));
}

/// Checks that no line of `texts`, nor any of `more`, is accepted in either version.
fn refuse(texts: &str, more: &[&str]) {
    for text in texts.lines().map(str::trim_start).chain(more.iter().copied()) {
        for version in [V3, V4] {
            let shown: String = text.chars().take(40).collect();
            assert_eq!(decode(version, text), Err(Malformed), "{shown}");
        }
    }
}

#[test]
fn unknown_types_and_those_of_servers_are_malformed() {
    let texts = r#"abc
        7
        9["a"]
        -1
        é
        4
        4{"message":"x"}
        4/admin,{}"#;
    refuse(texts, &["", " ", "\0"]);
}

#[test]
fn data_that_its_type_does_not_carry_is_malformed() {
    let texts = r#"2
        2{}
        2[]
        2[null]
        2[true]
        2[{}]
        2[["a"]]
        2"a"
        2abc["a"]
        2["a"
        2["a"]]
        2["a"]x
        2["a",]
        2[,"a"]
        2["a" 1]
        2["a]
        2 abc["a"]
        2["\x"]
        2["a",undefined]
        2[01]
        2[1.]
        2[-]
        2/admin["a"]
        2/admin["a",1]
        2/admin,
        1{}
        1[]
        1null
        11"#;
    refuse(texts, &["2[\"a\n\"]", "2[\"a\"]\0"]);
}

#[test]
fn reserved_names_are_malformed() {
    let texts = r#"2["connect"]
        2["connect_error"]
        2["disconnect"]
        2["disconnecting"]
        2["newListener"]
        2["removeListener"]
        2["\u0063onnect"]
        2/admin,1["disconnect",1]
        50-["disconnect"]"#;
    refuse(texts, &[]);
}

#[test]
fn ids_and_counts_out_of_bounds_are_malformed() {
    let texts = r#"3
        3[]
        31
        31{}
        3-1[]
        3+1[]
        318446744073709551616[]
        218446744073709551616["a"]
        5
        5["x"]
        5-["x"]
        5-1-["x"]
        51-
        5+1-["x"]
        5 1-["x"]
        511-["x"]
        51000000000-["x"]
        51.5-["x"]
        5a-["x"]
        5/1-["x"]
        6-1[]
        61-[]
        61-1{}"#;
    let digits = "9".repeat(50_000);
    let cases = [["2", "[\"a\"]"], ["3", "[]"], ["5", "-[\"a\"]"]];
    let cases = cases.map(|[kind, rest]| [kind, &digits, rest].concat());
    refuse(texts, &cases.each_ref().map(String::as_str));
}

#[test]
fn placeholders_name_attachments_that_come() {
    let with = |n: usize, value: &str| decode(V4, &format!("5{n}-[\"a\",{value}]")).is_ok();
    assert!(with(1, r#"{"_placeholder":true,"num":0}"#));
    assert!(with(10, r#"[{"a":{"num":9,"_placeholder":true,"b":[]}}]"#));
    assert!(with(1, r#"{"_placeholder":false,"num":5},{"num":5},{"_placeholder":1,"num":5}"#));
    assert!(with(0, "{}"));
    let refused = [
        r#""splice""#,
        "-1",
        "1",
        "0.0",
        "0.5",
        "1e400",
        "null",
        "true",
        "[0]",
        "-0",
        "18446744073709551616",
    ];
    for number in refused {
        assert!(!with(1, &format!(r#"{{"_placeholder":true,"num":{number}}}"#)), "{number}");
    }
    assert!(!with(1, r#"{"_placeholder":true}"#));
    assert!(!with(1, r#"{"\u005fplaceholder":true,"num":1}"#));
    assert!(!with(1, r#"{"num":0,"_placeholder":true,"num":1}"#));
    assert!(!with(0, r#"{"_placeholder":true,"num":0}"#));
    assert!(!with(2, r#"[[{"a":[{"_placeholder":true,"num":2}]}]]"#));
    // Without attachments it is an object like any other.
    assert!(decode(V4, r#"2["a",{"_placeholder":true,"num":"splice"}]"#).is_ok());
    assert_eq!(decode(V4, r#"61-1[{"_placeholder":true,"num":7}]"#), Err(Malformed));
}

#[test]
fn json_that_is_too_deep_is_known_and_not_malformed() {
    let nested = |depth: usize| ["[".repeat(depth), "]".repeat(depth)].concat();
    let most = crate::limits::JSON_DEPTH_MAX;
    for (depth, beyond) in
        [(most - 1, None), (most, Some(Beyond::Depth)), (100_000, Some(Beyond::Depth))]
    {
        let value = nested(depth);
        let texts = [
            format!("2[\"a\",{value}]"),
            format!("51-[\"a\",{value}]"),
            format!("31[{value}]"),
            format!("0{{\"a\":{value}}}"),
        ];
        for text in texts {
            assert_eq!(decode(V4, &text).map(|packet| packet.beyond), Ok(beyond), "{depth}");
        }
    }
    // Brackets side by side, and brackets in strings, are not deep.
    let wide = ["{}"; 1_000].join(",");
    let text = "[{\\\"".repeat(1_000);
    assert!(decode(V4, &format!("2[\"{text}\",[{wide}]]")).is_ok());
    for unclosed in ["[", "{\"a\":", "[{", "\"["] {
        let text = format!("2[\"a\",{}", unclosed.repeat(100_000));
        assert_eq!(decode(V4, &text), Err(Malformed));
    }
}

#[test]
fn arguments_are_only_so_many() {
    let most = crate::limits::ARGS_MAX;
    for kind in ["2[\"a\",", "31[", "50-[\"a\",", "60-1["] {
        for (count, is_beyond) in [(most, false), (most + 1, true), (500_000, true)] {
            let text = format!("{kind}{}]", vec!["1"; count].join(","));
            let beyond = is_beyond.then_some(Beyond::Arguments);
            assert_eq!(decode(V4, &text).map(|it| it.beyond), Ok(beyond), "{kind} {count}");
        }
    }
    let text = format!("2[\"a\",{}]", vec!["[1,{\"b\":\",\"}]"; most].join(" , "));
    let packet = decode(V4, &text).expect("it has so many arguments");
    let (_, args) = event(packet.data, &[]).expect("it is an event");
    let each: Vec<Value> = args.iter().map(|arg| arg.get(0).expect("a value")).collect();
    assert_eq!(each, values(V4, &text));
}

#[test]
fn odd_json_stays_text_with_bytes_and_without() {
    let bytes = r#"{"_placeholder":true,"num":0}"#;
    let odds = [r#""\ud800""#, r#""\udc00\ud83d""#, r#"{"\ud800":1}"#, r#""\u0000""#];
    for odd in odds.into_iter().chain(["1e400", "-1e999", &"9".repeat(400), "-0.0"]) {
        for head in ["2", "51-"] {
            let text = format!("{head}[\"a\",{odd},{bytes},1]");
            let packet = decode(V4, &text).expect("it is JSON");
            let attachments = vec![vec![7]; packet.attachments];
            let (_, args) = event(packet.data, &attachments).expect("it is an event");
            assert_eq!((args.raw(0), args.raw(1)), (Some(odd), Some(bytes)));
            assert_eq!(args.binary(1).is_some(), packet.attachments > 0);
            assert_eq!(args.get::<u8>(2).ok(), Some(1));
        }
    }
    // Also next to them, in them and in names.
    for value in [r#"{"a":"\ud800","_placeholder":true,"num":0}"#, r#"["\ud800",[0e999]]"#] {
        let text = format!("51-[\"\\ud800\",{value}]");
        let packet = decode(V4, &text).expect("it is JSON");
        let (name, args) = event(packet.data, &[]).expect("it is an event");
        assert!(name.chars().all(|char| char == '\u{fffd}') && !name.is_empty(), "{name}");
        assert_eq!(args.raw(0), Some(value));
    }
    let said = decode(V4, r#"2["a","x\ud83dy",1]"#).expect("it is JSON");
    let (_, args) = event(said.data, &[]).expect("it is an event");
    let text = args.text(0).expect("it is a string");
    assert!(text.starts_with("x\u{fffd}") && text.ends_with("\u{fffd}y"), "{text}");
    assert_eq!(args.text(1), None);
    let long = format!("2[\"a\",\"{}\"]", "x".repeat(900_000));
    assert!(decode(V4, &long).is_ok());
}

fn encoded(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).expect("it is text")
}

#[test]
fn packets_read_like_the_references() {
    let connect = |version, namespace| {
        encoded(|out| encode_connect(out, version, namespace, "wZX3oN0bSVIhsaknAAAI", None))
    };
    let back = encoded(|out| encode_connect(out, V4, "/", "s", Some("p")));
    assert_eq!(back, r#"40{"sid":"s","pid":"p"}"#);
    assert_eq!(connect(V4, "/"), r#"40{"sid":"wZX3oN0bSVIhsaknAAAI"}"#);
    assert_eq!(connect(V4, "/admin"), r#"40/admin,{"sid":"wZX3oN0bSVIhsaknAAAI"}"#);
    assert_eq!(connect(V3, "/"), "40");
    assert_eq!(connect(V3, "/admin"), "40/admin,");
    let refuse = |version, namespace, message, data: Option<&str>| {
        encoded(|out| encode_connect_error(out, version, namespace, message, data))
    };
    let unknown = r#"44/unknown,{"message":"Invalid namespace"}"#;
    assert_eq!(refuse(V4, "/unknown", "Invalid namespace", None), unknown);
    let data = Some(r#"{"message":"Invalid namespace"}"#);
    assert_eq!(refuse(V3, "/unknown", "", data), unknown);
    assert_eq!(refuse(V3, "/", "no \"way\"", None), r#"44"no \"way\"""#);
    let expected = r#"44{"message":"no","data":{"a":1}}"#;
    assert_eq!(refuse(V4, "/", "no", Some(r#"{"a":1}"#)), expected);
    assert_eq!(encoded(|out| encode_disconnect(out, "/")), "41");
    assert_eq!(encoded(|out| encode_disconnect(out, "/admin")), "41/admin,");
    let event = |namespace, id, args, attachments| {
        encoded(|out| encode_event(out, namespace, id, "a\"b", args, attachments))
    };
    assert_eq!(event("/", None, "", 0), r#"42["a\"b"]"#);
    assert_eq!(event("/admin", Some(0), "1,{}", 0), r#"42/admin,0["a\"b",1,{}]"#);
    let placeholder = r#"{"_placeholder":true,"num":0}"#;
    let expected = r#"451-/x,9["a\"b",{"_placeholder":true,"num":0}]"#;
    assert_eq!(event("/x", Some(9), placeholder, 1), expected);
    let ack = |namespace, args, attachments| {
        encoded(|out| encode_ack(out, namespace, 456, args, attachments))
    };
    assert_eq!(ack("/", "", 0), "43456[]");
    assert_eq!(ack("/admin", "1,2", 0), "43/admin,456[1,2]");
    assert_eq!(ack("/", placeholder, 1), r#"461-456[{"_placeholder":true,"num":0}]"#);
}

fn values(version: Version, text: &str) -> Vec<Value> {
    let packet = decode(version, text).expect("it is well formed");
    let (_, args) = event(packet.data, &[]).expect("it is an event");
    (0..args.len()).map(|at| args.get(at).expect("it is a value")).collect()
}

#[test]
fn arguments_are_values() {
    let text = r#"2["a",1,"x,]\"",[1,{"b":"}"}],{"c":null},true]"#;
    let expected =
        [json!(1), json!("x,]\""), json!([1, {"b": "}"}]), json!({"c": null}), json!(true)];
    assert_eq!(values(V4, text), expected);
    assert_eq!(values(V3, "2[\"a\"]"), Vec::<Value>::new());
    assert_eq!(values(V4, "2[ \"a\" ,\t1 , [ ] ]"), [json!(1), json!([])]);
}
