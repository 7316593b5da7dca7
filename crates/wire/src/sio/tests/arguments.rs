//! Arguments read and written.

use super::*;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

fn read<'b>(data: &'b str, attachments: &'b [Vec<u8>]) -> Args<'b> {
    event(data, attachments).expect("it is an event").1
}

#[test]
fn names_are_texts_or_numbers() {
    let cases = [
        (r#"["a"]"#, "a"),
        (r#"[""]"#, ""),
        (r#"[ "a b" ,1]"#, "a b"),
        (r#"["a\"\\\u00e9\ud83d\ude00",1]"#, "a\"\\é😀"),
        ("[12]", "12"),
        ("[-1.5e3 , 1]", "-1.5e3"),
    ];
    for (data, expected) in cases {
        assert_eq!(event(data, &[]).expect("it is an event").0, expected, "{data}");
    }
}

#[test]
fn arguments_are_text_until_they_are_asked_for() {
    let args = read(r#"["a", {"x":[1,2]} ,"é", 7 ]"#, &[]);
    assert_eq!(args.len(), 3);
    assert!(!args.is_empty());
    assert_eq!(args.json(), r#"{"x":[1,2]} ,"é", 7"#);
    assert_eq!(args.raw(0), Some(r#"{"x":[1,2]}"#));
    assert_eq!(args.raw(1), Some("\"é\""));
    assert_eq!(args.raw(3), None);
    assert_eq!(args.get::<&str>(1).ok(), Some("é"));
    assert_eq!(args.get::<BTreeMap<String, [u8; 2]>>(0).ok().map(|map| map["x"]), Some([1, 2]));
    assert_eq!(args.get::<Option<u8>>(3).ok(), Some(None));
    assert!(args.get::<u8>(3).is_err());
    assert!(args.get::<u8>(1).is_err());
    let none = read(r#"["a"]"#, &[]);
    assert!(none.is_empty());
    assert_eq!((none.len(), none.json(), none.raw(0)), (0, "", None));
    assert_eq!(ack("[]", &[]).map(|args| args.len()), Ok(0));
    assert_eq!(ack("[ 1, 2 ]", &[]).map(|args| args.len()), Ok(2));
}

#[test]
fn arguments_are_a_tuple_or_a_vector() {
    let args = read(r#"["a","x",2,[3]]"#, &[]);
    assert_eq!(args.parse().ok(), Some(("x", 2_u8, vec![3_u8])));
    assert_eq!(args.parse().ok(), Some(("x", 2_u8)));
    assert_eq!(args.parse().ok(), Some(("x", 2_u8, vec![3_u8], None::<u8>)));
    assert!(args.parse::<(u8,)>().is_err());
    assert!(args.parse::<(String, u8, Vec<u8>, u8)>().is_err());
    assert_eq!(args.parse::<Vec<Value>>().ok(), Some(vec![json!("x"), json!(2), json!([3])]));
    let none = read(r#"["a"]"#, &[]);
    assert!(none.parse::<()>().is_ok());
    assert_eq!(none.parse::<Vec<Value>>().ok(), Some(Vec::new()));
    assert_eq!(none.parse::<(Option<u8>,)>().ok(), Some((None,)));
}

#[derive(Debug, PartialEq, Deserialize)]
struct Said {
    text: String,
    times: Option<u8>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Wrapped(Vec<u8>);

#[test]
fn a_handler_reads_a_tuple_or_the_first_argument() {
    let args = read(r#"["a","x",2,[3]]"#, &[]);
    assert_eq!(args.read().ok(), Some(("x", 2_u8)));
    assert_eq!(args.read().ok(), Some(("x", 2_u8, [3_u8], None::<u8>)));
    assert_eq!(args.read().ok(), Some("x"));
    assert_eq!(args.read().ok(), Some(Some("x")));
    assert_eq!(args.read().ok(), Some(json!("x")));
    assert!(args.read::<()>().is_ok());
    let object = read(r#"["a",{"text":"hi"},[1,2]]"#, &[]);
    assert_eq!(object.read().ok(), Some(Said { text: "hi".to_owned(), times: None }));
    let said = Said { text: "hi".to_owned(), times: None };
    assert_eq!(object.read().ok(), Some((said, Wrapped(vec![1, 2]))));
    let list = read(r#"["a",[1,2],3]"#, &[]);
    assert_eq!(list.read().ok(), Some(vec![1, 2]));
    assert_eq!(list.read().ok(), Some(Wrapped(vec![1, 2])));
    assert_eq!(list.read().ok(), Some(vec![1, 2].into_boxed_slice()));
    let none = read(r#"["a"]"#, &[]);
    assert_eq!(none.read().ok(), Some(None::<u8>));
    let why = |error: BadArgument| error.to_string();
    let missing = none.read::<u8>().map_err(why);
    assert_eq!(missing, Err("argument 1: invalid type: null, expected u8".to_owned()));
    let field = read(r#"["a",{"times":1}]"#, &[]).read::<Said>().map_err(why);
    assert_eq!(field, Err("argument 1: missing field `text`".to_owned()));
    let second = object.read::<(Value, u8)>().map_err(why);
    assert_eq!(second, Err("argument 2: invalid type: sequence, expected u8".to_owned()));
}

#[test]
fn placeholders_are_attachments() {
    let attachments = [vec![1, 2], vec![3]];
    let data = r#"["a",{"_placeholder":true,"num":1},{"num":0,"_placeholder":true},{"num":0},1]"#;
    let args = read(data, &attachments);
    assert_eq!(args.binary(0), Some([3].as_slice()));
    assert_eq!(args.binary(1), Some([1, 2].as_slice()));
    assert_eq!((args.binary(2), args.binary(3), args.binary(4)), (None, None, None));
    assert_eq!(args.attachments(), attachments);
    assert_eq!(read(data, &[]).binary(0), None);
    assert_eq!(read(data, &attachments[..1]).binary(0), None);
}

#[test]
fn what_was_never_decoded_does_no_harm() {
    for data in ["", "[", "]", "[]", "[\"", "[\"]", "[\"a\\", "[\"a\\\"]", "[a]", "[,]", "{}", "é"]
    {
        assert!(event(data, &[]).is_err(), "{data}");
    }
    for data in ["[\"a\",]", "[\"a\",,]", "[\"a\",\"é]", "[1,}}],]", "[\"a\",{\"\\é]"] {
        let args = read(data, &[]);
        for at in 0..=args.len() {
            let _ = (args.raw(at), args.get::<Value>(at), args.binary(at));
        }
        let _ = args.parse::<Vec<Value>>();
    }
}

fn written(arguments: impl Arguments) -> (String, Vec<Vec<u8>>) {
    let mut json = Vec::new();
    let mut attachments = Vec::new();
    arguments.write(&mut json, &mut attachments);
    (String::from_utf8(json).expect("it is text"), attachments)
}

#[test]
fn values_become_arguments() {
    assert_eq!(written(()).0, "");
    assert_eq!(written("a\"b").0, r#""a\"b""#);
    assert_eq!(written("é".to_owned()).0, "\"é\"");
    assert_eq!(written(json!({"a": [1]})).0, r#"{"a":[1]}"#);
    assert_eq!(written((1, "x", None::<u8>, vec![2], true, 1.5)).0, r#"1,"x",null,[2],true,1.5"#);
    let (json, attachments) = written(("x", Binary(&[1, 2]), Binary(&[])));
    assert_eq!(json, r#""x",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}"#);
    assert_eq!(attachments, [vec![1, 2], vec![]]);
    // A map whose keys are not texts is not JSON.
    let map = BTreeMap::from([((1, 2), 3)]);
    assert_eq!(written((0, map, 1)).0, "0,null,1");
}

#[test]
fn arguments_pass_through_as_they_came() {
    let attachments = [vec![9]];
    let args = read(r#"["a", 1 , {"_placeholder":true,"num":0}]"#, &attachments);
    let expected = (r#"1 , {"_placeholder":true,"num":0}"#.to_owned(), attachments.to_vec());
    let borrowed = &args;
    assert_eq!(written(borrowed), expected);
    assert_eq!(written(args), expected);
}

/// A value with bytes in every kind of place.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Upload<'a> {
    name: String,
    content: Blob,
    parts: Vec<Option<Blob>>,
    kinds: Vec<Content>,
    #[serde(borrow)]
    thumbnail: Binary<'a>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Content {
    Nothing,
    Image(Blob),
    Pair(u8, Blob),
    Page { html: Blob },
}

#[test]
fn bytes_are_written_and_read_at_any_depth() {
    let blob = |byte: u8| Blob(vec![byte; 3]);
    let upload = Upload {
        name: "a".to_owned(),
        content: blob(0),
        parts: vec![Some(blob(1)), None, Some(blob(2))],
        kinds: vec![
            Content::Nothing,
            Content::Image(blob(3)),
            Content::Pair(7, blob(4)),
            Content::Page { html: blob(5) },
        ],
        thumbnail: Binary(&[6; 3]),
    };
    let (json, attachments) = written((&upload, "and", Binary(&[7])));
    let place = |number: usize| format!(r#"{{"_placeholder":true,"num":{number}}}"#);
    let [zero, one, two, three, four, five, six, seven] = std::array::from_fn::<_, 8, _>(place);
    let kinds = format!(
        r#"["Nothing",{{"Image":{three}}},{{"Pair":[7,{four}]}},{{"Page":{{"html":{five}}}}}]"#
    );
    let parts = format!("[{one},null,{two}]");
    let first = format!(
        r#"{{"name":"a","content":{zero},"parts":{parts},"kinds":{kinds},"thumbnail":{six}}}"#
    );
    assert_eq!(json, format!(r#"{first},"and",{seven}"#));
    assert_eq!(attachments.len(), 8);
    let data = format!(r#"["upload",{json}]"#);
    let args = read(&data, &attachments);
    assert_eq!(args.get::<Upload<'_>>(0).expect("an upload"), upload);
    let all = args.parse::<(Upload<'_>, &str, Blob)>().expect("all");
    assert_eq!((all.0, all.1, all.2), (upload, "and", Blob(vec![7])));
    assert_eq!(args.read::<(IgnoredAny, &str, Binary<'_>)>().expect("all").2, Binary(&[7]));
    assert_eq!(args.binary(2), Some(&[7][..]));
    // A value that is only passed on, or looked at as JSON, is as it came.
    let raw: &RawValue = args.get(2).expect("JSON");
    assert_eq!(raw.get(), seven);
    assert_eq!(args.get::<Value>(2).expect("JSON"), json!({"_placeholder": true, "num": 7}));
}

#[test]
fn what_is_no_attachment_is_no_bytes() {
    let attachments = [vec![1], vec![2]];
    for (json, number) in [
        (r#"{"_placeholder":true,"num":1}"#, Some(2)),
        (r#"{"num":0,"more":[{}],"_placeholder":true}"#, Some(1)),
        (r#"{"_placeholder":true,"num":2}"#, None),
        (r#"{"_placeholder":false,"num":0}"#, None),
        (r#"{"_placeholder":true}"#, None),
        (r#"{"_placeholder":1,"num":0}"#, None),
        (r#"{"num":0}"#, None),
        (r#""text""#, None),
        ("[1]", None),
        ("1", None),
        ("null", None),
    ] {
        let data = format!(r#"["a",{json}]"#);
        let args = read(&data, &attachments);
        let bytes = number.map(|number| Blob(vec![number]));
        assert_eq!(args.get::<Blob>(0).ok(), bytes, "{json}");
        assert_eq!(args.get::<Binary<'_>>(0).ok().map(|it| Blob(it.0.to_vec())), bytes, "{json}");
        assert_eq!(args.read::<Blob>().ok(), bytes, "{json}");
    }
}

#[test]
fn a_value_that_fails_leaves_no_attachment() {
    struct Fails;
    impl Serialize for Fails {
        fn serialize<W: serde::Serializer>(&self, writer: W) -> Result<W::Ok, W::Error> {
            let mut tuple = serde::Serializer::serialize_tuple(writer, 2)?;
            serde::ser::SerializeTuple::serialize_element(&mut tuple, &Binary(&[1]))?;
            Err(serde::ser::Error::custom("it fails"))
        }
    }
    let (json, attachments) = written((Fails, Binary(&[2])));
    assert_eq!(json, r#"null,{"_placeholder":true,"num":0}"#);
    assert_eq!(attachments, [[2]]);
}

#[test]
fn an_attachment_that_is_named_twice_is_not_copied_twice() {
    let attachments = [vec![1, 2], vec![3]];
    let twice = r#"["a",{"_placeholder":true,"num":0},{"num":0,"_placeholder":true}]"#;
    let args = read(twice, &attachments);
    let why = args.parse::<Vec<Blob>>().expect_err("it is named twice").to_string();
    assert!(why.contains("an attachment is named twice"), "{why}");
    assert!(args.read::<(Blob, Blob)>().is_err());
    // One alone can be read, and all of it can be passed on.
    assert!(args.get::<Blob>(0).is_ok());
    assert_eq!(args.binary(1), Some([1, 2].as_slice()));
    let list = r#"["a",[{"_placeholder":true,"num":1},{"_placeholder":true,"num":1}]]"#;
    assert!(read(list, &attachments).get::<Vec<Blob>>(0).is_err());
    let both = r#"["a",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]"#;
    assert_eq!(read(both, &attachments).parse::<Vec<Blob>>().map(|all| all.len()).ok(), Some(2));
}

#[test]
fn an_array_and_a_tuple_struct_are_one_argument() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Point(f32, f32);
    let (one, two) = (read(r#"["at",[3,4]]"#, &[]), read(r#"["at",3,4]"#, &[]));
    assert_eq!(one.read::<[f32; 2]>().ok(), Some([3.0, 4.0]));
    assert_eq!(one.read::<Point>().ok(), Some(Point(3.0, 4.0)));
    assert_eq!(one.read::<(Point,)>().ok(), Some((Point(3.0, 4.0),)));
    assert_eq!(two.read::<(f32, f32)>().ok(), Some((3.0, 4.0)));
    let refused = two.read::<[f32; 2]>().expect_err("its first argument is a number");
    assert!(refused.to_string().starts_with("argument 1: invalid type"), "{refused}");
    assert!(two.read::<Point>().is_err());
}
