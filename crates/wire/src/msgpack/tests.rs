use super::{decode, encode};
use crate::limits::JSON_DEPTH_MAX;

/// The text that comes back from MessagePack, and its attachments.
fn decoded(bytes: &[u8]) -> Option<(String, Vec<Vec<u8>>)> {
    let (mut json, mut attachments) = (Vec::new(), Vec::new());
    decode(bytes, &mut json, &mut attachments).ok()?;
    Some((String::from_utf8(json).expect("JSON is text"), attachments))
}

fn encoded(json: &str, attachments: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut bytes = vec![7];
    let outcome = encode(json, attachments, &mut bytes);
    assert!(outcome.is_ok() || bytes == [7], "an error leaves nothing");
    outcome.ok().map(|()| bytes.split_off(1))
}

#[test]
fn minus_zero_is_zero() {
    assert_eq!(encoded("[-0,-0.0]", &[]).expect("JSON")[..3], [0x92, 0, 0xcb]);
    assert_eq!(encoded("-00", &[]), Some(vec![0]), "it does no harm");
}

#[test]
fn each_value_has_its_shortest_form_and_comes_back() {
    let long = "x".repeat(70_000);
    let (items, entries) = (vec!["0"; 70_000].join(","), ["\"k\":1"; 20].join(","));
    let rows: [(&str, &[u8]); 30] = [
        ("null", b"\xc0"),
        ("true", b"\xc3"),
        ("false", b"\xc2"),
        ("0", b"\x00"),
        ("127", b"\x7f"),
        ("128", b"\xcc\x80"),
        ("256", b"\xcd\x01\x00"),
        ("65536", b"\xce\x00\x01\x00\x00"),
        ("4294967296", b"\xcf\x00\x00\x00\x01\x00\x00\x00\x00"),
        ("18446744073709551615", b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
        ("-1", b"\xff"),
        ("-32", b"\xe0"),
        ("-33", b"\xd0\xdf"),
        ("-128", b"\xd0\x80"),
        ("-129", b"\xd1\xff\x7f"),
        ("-32769", b"\xd2\xff\xff\x7f\xff"),
        ("-9223372036854775808", b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00"),
        ("1.5", b"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00"),
        (r#""""#, b"\xa0"),
        (r#""a\n\u0001""#, b"\xa3a\n\x01"),
        (r#""xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx""#, b"\xd9\x20xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        ("[]", b"\x90"),
        ("[1,[2]]", b"\x92\x01\x91\x02"),
        ("{}", b"\x80"),
        (r#"{"a":{"b":[]}}"#, b"\x81\xa1a\x81\xa1b\x90"),
        ("[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]", b"\xdc\x00\x10"),
        (&format!("\"{long}\""), b"\xdb\x00\x01\x11\x70xx"),
        (&format!("[{items}]"), b"\xdd\x00\x01\x11\x70\x00\x00"),
        (&format!("{{{entries}}}"), b"\xde\x00\x14\xa1k\x01"),
        (&format!("[\"{}\"]", &long[..300]), b"\x91\xda\x01\x2cxx"),
    ];
    for (json, bytes) in rows {
        let written = encoded(json, &[]).expect(json);
        assert!(written.starts_with(bytes), "{json:.40}: {:?}", written.get(..20));
        let is_whole = json.len() < 40 && !json.contains("0,0");
        assert!(!is_whole || written == bytes, "{json}: {written:?}");
        assert_eq!(decoded(&written).expect(json).0, json, "{json:.40}");
    }
}

#[test]
fn bytes_become_attachments_at_any_depth() {
    let json = r#"["up",{"files":[{"num":1,"_placeholder":true},{"_placeholder":true,"num":0}]}]"#;
    let attachments = [vec![1; 300], vec![]];
    let bytes = encoded(json, &attachments).expect("JSON");
    let (json, back) = decoded(&bytes).expect("MessagePack");
    let expected =
        r#"["up",{"files":[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]}]"#;
    assert_eq!((&*json, &*back), (expected, &[vec![], vec![1; 300]][..]));
    // Without attachments it is an object like others.
    assert_eq!(encoded(r#"{"_placeholder":true,"num":0}"#, &[]).expect("JSON")[0], 0x82);
    for beyond in [
        r#"[{"_placeholder":true,"num":0},{"_placeholder":true,"num":0}]"#,
        r#"[{"_placeholder":true,"num":2}]"#,
    ] {
        assert_eq!(encoded(beyond, &attachments), None, "{beyond}");
    }
}

#[test]
fn a_thing_of_javascript_is_what_its_json_would_be() {
    let rows: [(&[u8], &str); 12] = [
        (b"\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00", "null"),
        (b"\xca\x3f\xc0\x00\x00", "1.5"),
        (b"\xd4\x00\x00", "null"),
        (b"\x81\x07\xc3", r#"{"7":true}"#),
        (b"\x81\xd0\xdf\xc3", r#"{"-33":true}"#),
        (b"\xd6\xff\x00\x00\x00\x00", r#""1970-01-01T00:00:00.000Z""#),
        (b"\xd6\xff\xff\xff\xff\xff", r#""2106-02-07T06:28:15.000Z""#),
        (b"\xd7\xff\xbc\x1c\xbd\x00\x65\xe0\x79\xf0", r#""2024-02-29T12:34:56.789Z""#),
        (b"\xd7\x00\x00\x00\x01\x8d\xf4\xdc\x54\x95", r#""2024-02-29T12:34:56.789Z""#),
        (b"\xc7\x0c\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff", "1969-12-31T23:59:59"),
        (b"\xd7\x00\xff\xff\x00\x00\x00\x00\x00\x00", "null"),
        (b"\xd7\x00\x7f\xff\xff\xff\xff\xff\xff\xff", "null"),
    ];
    for (bytes, json) in rows {
        let (written, _) = decoded(bytes).expect(json);
        assert!(written.contains(json), "{bytes:x?}: {written}");
    }
    // Half of a surrogate pair is not text.
    assert_eq!(encoded(r#""\ud800""#, &[]).expect("JSON"), b"\xa3\xef\xbf\xbd");
}

#[test]
fn every_day_of_four_hundred_years_follows_the_one_before() {
    let day_ms: i64 = 86_400_000;
    let text = |day: i64| {
        let ms = (day * day_ms).to_be_bytes();
        decoded(&[&[0xd7, 0x00][..], &ms].concat()).expect("a date").0
    };
    // The system's own calendar, from the first of March of the year 1600 on.
    let (mut year, mut month, mut day) = (1600, 3, 1);
    for number in -135_080..11_017 {
        let expected = format!("\"{year:04}-{month:02}-{day:02}T00:00:00.000Z\"");
        assert_eq!(text(number), expected, "day {number}");
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            2 => 28 + i32::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        (month, day) = if day == length { (month + 1, 1) } else { (month, day + 1) };
        (year, month) = if month == 13 { (year + 1, 1) } else { (year, month) };
    }
    assert_eq!(text(-719_528), "\"0000-01-01T00:00:00.000Z\"");
    assert_eq!(text(2_932_896), "\"9999-12-31T00:00:00.000Z\"");
    assert_eq!(text(2_932_897), "null");
}

#[test]
fn bad_bytes_and_bad_json_are_refused() {
    let rows: [&[u8]; 14] = [
        b"",
        b"\xc1",
        b"\x01\x02",
        b"\xa2a",
        b"\xa1\xff",
        b"\xcc",
        b"\x91",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff\xa0",
        b"\xc6\xff\xff\xff\xff",
        b"\x81\xc0\xc0",
        b"\xd4\x01\x00",
        b"\xd5\xff\x00\x00",
        b"\xc8\x00\x01\x00\x00",
    ];
    for bytes in rows {
        assert_eq!(decoded(bytes), None, "{bytes:x?}");
    }
    for json in ["", "nul", "[1", "[1 2]", "{1:2}", r#"{"a" 1}"#, "\"", "1 2", "-", "[,]", "{,}"] {
        assert_eq!(encoded(json, &[]), None, "{json}");
    }
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    for (levels, is_taken) in [(JSON_DEPTH_MAX, true), (JSON_DEPTH_MAX + 1, false)] {
        assert_eq!(encoded(&deep(levels), &[]).is_some(), is_taken);
        let bytes = [vec![0x91; levels - 1], vec![0x90]].concat();
        assert_eq!(decoded(&bytes).is_some(), is_taken);
    }
}

#[test]
fn random_bytes_are_refused_or_come_back() {
    fastrand::seed(7);
    for _ in 0..20_000 {
        let bytes: Vec<u8> = (0..fastrand::usize(1..40)).map(|_| fastrand::u8(..)).collect();
        let Some((json, attachments)) = decoded(&bytes) else { continue };
        serde_json::from_str::<serde::de::IgnoredAny>(&json).expect("it is JSON");
        // A map of a peer's may look like a placeholder, which then names one that is there or not.
        let Some(again) = encoded(&json, &attachments) else { continue };
        assert_eq!(decoded(&again), Some((json, attachments)), "{bytes:x?}");
    }
}

#[test]
fn heads_of_nested_lists_and_maps_come_to_their_places() {
    let zeros = "0,".repeat(15);
    let lists = format!("{}\"x\"{}", format!("[{zeros}").repeat(500), "]".repeat(500));
    let keys = format!("\"k\":{lists},").repeat(16);
    let bytes = r#"{"_placeholder":true,"num":0}"#;
    for (json, attachments) in [
        (format!("[{lists},{lists}]"), vec![]),
        (format!("{{{keys}\"last\":[{zeros}0]}}"), vec![]),
        (
            format!("[{lists},{bytes},[{zeros}{bytes_1}]]", bytes_1 = bytes.replace('0', "1")),
            vec![vec![7; 300], vec![]],
        ),
    ] {
        let read = decoded(&encoded(&json, &attachments).expect("JSON")).expect("it is read");
        assert!(read == (json, attachments));
    }
    // A list in a placeholder goes with it.
    let odd = format!(r#"[{{"x":[{zeros}0],"_placeholder":true,"num":0}},[{zeros}0]]"#);
    let read = decoded(&encoded(&odd, &[vec![1]]).expect("JSON"));
    assert_eq!(read, Some((format!("[{bytes},[{zeros}0]]"), vec![vec![1]])));
}
