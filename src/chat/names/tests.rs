use super::*;
use crate::limits::NAME_CHAR_BYTES_MAX;
use unicode_normalization::UnicodeNormalization;

#[test]
fn names_that_look_alike_are_the_same() {
    let alike =
        |one: &str, other: &str| nick_keys(one).any(|key| nick_keys(other).any(|k| k == key));
    let same = [
        ("alice", "ALICE"),
        ("alice", "Alice"),
        ("alice", "aIice"), // a capital I
        ("admin", "аdmin"), // Cyrillic а
        ("paypal", "раураl"),
        ("l0l", "lOl"),
        ("mia", "МІА"), // Cyrillic capitals
        ("Mia", "МIА"),
        ("nikita", "ΝΙΚΙΤΑ"), // Greek ones
        ("bob", "ВОВ"),
        ("e\u{301}ric", "éric"),
        ("bob", "ｂｏｂ"),
    ];
    for (one, other) in same {
        assert!(alike(one, other), "{one} {other}");
    }
    for (one, other) in [("alice", "bob"), ("mia", "мія"), ("boba", "вова"), ("will", "wiii")]
    {
        assert!(!alike(one, other), "{one} {other}");
    }
    let guests: Vec<_> = (1..2000).flat_map(|n| nick_keys(&format!("guest-{n}"))).collect();
    let distinct: std::collections::HashSet<_> = guests.iter().collect();
    assert_eq!((guests.len(), distinct.len()), (1999, 1999));
}

#[test]
fn nicks_are_checked() {
    for good in ["a", "Żółw", "李雷", "mary-jane_2.0", &"x".repeat(24)] {
        assert_eq!(nick(good).as_deref(), Ok(good));
    }
    assert_eq!(nick("e\u{301}ric").as_deref(), Ok("éric"));
    let long = "x".repeat(25);
    let bad = [
        ("", BadName::Length(24)),
        (&long, BadName::Length(24)),
        ("two words", BadName::Characters),
        ("alice ", BadName::Characters),
        ("a\u{200b}b", BadName::Characters),
        ("a\u{202e}b", BadName::Characters),
        ("\u{1b}[31m", BadName::Characters),
        ("a:b", BadName::Characters),
        ("<b>", BadName::Characters),
        ("...", BadName::Characters),
        ("\u{3164}", BadName::Characters), // Hangul fillers
        ("a\u{ffa0}", BadName::Characters),
        ("\u{115f}\u{1160}", BadName::Characters),
        ("\u{13441}", BadName::Characters),
        ("\u{2800}", BadName::Characters),
        ("a\u{fe0f}", BadName::Characters), // a variation selector
        ("a\u{34f}", BadName::Characters),
        ("a\u{e0061}", BadName::Characters),
        ("\u{301}", BadName::Characters),
        ("\u{301}a", BadName::Characters),
        ("-\u{93e}", BadName::Characters),
        ("á\u{301}", BadName::Characters),
        ("x\u{301}\u{301}", BadName::Characters),
        ("x\u{300}\u{301}\u{302}\u{303}\u{304}", BadName::Characters),
        ("server", BadName::Reserved),
        ("AdMiN", BadName::Reserved),
        ("sеrver", BadName::Reserved), // Cyrillic е
        ("guest-7", BadName::Reserved),
        ("GUEST-x", BadName::Reserved),
    ];
    for (nick, refused) in bad {
        assert_eq!(super::nick(nick), Err(refused), "{nick:?}");
    }
}

#[test]
fn every_living_script_has_its_names() {
    for name in [
        "Łukasz",
        "Nguyễn",
        "Ελένη",
        "дмитрий",
        "Արամ",
        "דוד",
        "שָׁלוֹם",
        "محمد",
        "مُحَمَّد",
        "فرهاد",
        "कृष्ण",
        "ज़ीनत",
        "ख़ाँ",
        "রবীন্দ্র",
        "ਗੁਰਪ੍ਰੀਤ",
        "મહેન્દ્ર",
        "தமிழ்",
        "శ్రీను",
        "ಕೃಷ್ಣ",
        "മാധവൻ",
        "සිංහල",
        "น้ำผึ้ง",
        "ສຸລິຍາ",
        "မြို့",
        "សុភ័ក្ត្រ",
        "བོད་ཡིག",
        "გიორგი",
        "አበበ",
        "李雷",
        "さくら",
        "ガンダム",
        "김철수",
        "ᏣᎳᎩ",
        "ߒߞߏ",
        "ᠮᠣᠩᠭᠣᠯ",
    ] {
        let name = &name.replace('་', "."); // Tibetan's dot between syllables is no letter
        let composed: String = name.nfc().collect();
        assert_eq!(nick(name).as_deref(), Ok(&*composed), "{name}");
        let decomposed: String = name.nfd().collect();
        assert_eq!(nick(&decomposed).as_deref(), Ok(&*composed), "{name}");
        assert!(room_key(name).is_ok(), "{name}");
    }
    assert_eq!(room_key("\u{3164}"), Err(BadName::Characters));
}

#[test]
fn rooms_are_known_without_case_and_mark() {
    assert_eq!(room_key("#Dev").as_deref(), Ok("dev"));
    assert_eq!(room_key("DEV").as_deref(), Ok("dev"));
    assert_eq!(room_key("#İzmir").as_deref(), Ok("izmir"));
    assert_eq!(room_key("#"), Err(BadName::Length(32)));
    assert_eq!(room_key("##x"), Err(BadName::Characters));
    assert_eq!(room_key(&"x".repeat(33)), Err(BadName::Length(32)));
}

/// Real people's names, with all characters that they need.
const NAMES: &[&str] = &[
    // Latin.
    "alice Mary-Jane r2d2 x 42nd o.o José Müller Ñandú Straße Søren Þórdís Sigurður Łukasz",
    "Ɓala Ƴar İbrahim Işıl Nguyễn Ọláwálé",
    // One script alone.
    "Владимир Сара Ґалаґан Юлія Ѓорѓи Ελένη Γιώργος Արամ Սֆինքս გიორგი",
    "דני יוסי שָׁלוֹם محمد مُحَمَّد گلناز अदितिः कृष्ण রবীন্দ্র தமிழ்",
    "น้ำผึ้ง กานต์ ສຸລິຍາ မြို့ နန္ဒာ សុភ័ក្ត្រ አበበ ᏣᎳᎩ ߒߞߏ ᐃᓄᒃ ᠮᠣᠩᠭᠣᠯ",
    // Names from East Asia, and Latin with them.
    "김철수 李雷 井上 さくら ノブ ガンダム 田中さん くノ一 サーバー2 Tanakaくん 李Bruce DJ一郎 김Kim ㄅㄆㄇ",
    // Similar to names reserved for the server.
    "adam aii guest1 guesthouse Roots mio allie heretic",
];

#[test]
fn the_key_of_a_room_is_the_key_of_itself() {
    let letters = ["l", "il", "oi", "lobby", "x", "rn"];
    let others = ["Dev", "#dev", "", "a b", "-", "1", "r1", "İzmir", "izmir", "\u{3164}", "lＯbby"];
    let long = ["x".repeat(32), "x".repeat(33)];
    for name in letters.into_iter().chain(others).chain(long.iter().map(String::as_str)) {
        assert_eq!(is_room_key(name), room_key(name).as_deref() == Ok(name), "{name}");
    }
    for letter in 'a'..='z' {
        assert_eq!(room_key(&letter.to_string()), Ok(letter.to_string()));
    }
}

#[test]
fn what_people_are_called_is_a_name() {
    let names: Vec<&str> = NAMES.iter().flat_map(|names| names.split(' ')).collect();
    assert!(names.len() >= 40);
    for name in names {
        let composed: String = name.nfc().collect();
        assert_eq!(nick(name).as_deref(), Ok(&*composed), "{name}");
        assert!(is_still_good(name) && is_still_good(&format!("{name}~2")), "{name}");
        assert!(room_key(name).is_ok(), "{name}");
    }
}

/// Names that imitate something else, and the reason why they are refused.
const IMITATIONS: &[(BadName, &str)] = &[
    // Signs that look like a colon, a quote, a bracket or a stroke.
    (
        BadName::Characters,
        "alice\u{2d0} alice\u{2bc} \u{2bb}alice alice\u{2019} ᐸaliceᐳ ᐸᐱᐳ ⵦⵉⵔ ꓽꓮꓲ",
    ),
    (BadName::Characters, "aliceノ くaliceく alice丶 丿alice ノ くく י a/b a: [a] al·ice al~ice"),
    // Little-used scripts that read as plain Latin: Cherokee, Lisu.
    (BadName::Characters, "ᏢᎪ ꓮꓡꓲꓚꓰ"),
    // Stretched letters, second dots, lines below, above and through.
    (
        BadName::Characters,
        "alice\u{640} محـمد ali\u{307}ce al\u{307}ice alice\u{332} a\u{338}lice a\u{305}",
    ),
    // Other forms of letters, and signs that are not letters.
    (
        BadName::Characters,
        "ａｌｉｃｅ ﬁona aliceⅣ alice² ªlice 𝐚𝐥𝐢𝐜𝐞 ⓐlice 🅰lice alice🙂 \u{12000}",
    ),
    // Invisible characters.
    (BadName::Characters, "al\u{200d}ice al\u{ad}ice alice\u{a0} \u{2800}alice"),
    // Letters of two scripts.
    (BadName::Scripts, "аlice aliсe раураl lоbby αlice Οscar alice-боб bobدavid aliceא ванյа"),
    (BadName::Scripts, "李дима 金Дима 김さくら ㄅさ alice٣"),
    // Names of the server.
    (
        BadName::Reserved,
        "admin ADMIN Adm1n AdmIn adm\u{131}n 4dm1n ádmin ad-min admin. _root_ r00t y0u",
    ),
    (
        BadName::Reserved,
        "0perator Operator Supp0rt 5y5tem SYSTEM serv3r Server mio-chat MioChat You",
    ),
    (BadName::Reserved, "mi0.chat m0der4tor a11 ALL aIl h3re Everyone аdmin ѕystem ЅУЅТЕM"),
    (BadName::Reserved, "guest-1 GUEST-99 gue5t-1 guest_1 guest.1 guestー1 guest一1"),
];

#[test]
fn what_imitates_is_no_name() {
    let all = IMITATIONS.iter().flat_map(|(why, names)| names.split(' ').map(|name| (*why, name)));
    assert!(all.clone().count() >= 60);
    for (refused, name) in all {
        assert_eq!(nick(name), Err(refused), "{name:?}");
        assert!(!is_still_good(name) || name == "guest-1", "{name:?}");
    }
    // A hyphen of another script.
    assert!(nick("guest\u{1428}1").is_err());
}

#[test]
fn guests_may_go_on() {
    for good in ["guest-1", "guest-123456", "guest-7~2", "alice~2"] {
        assert!(is_still_good(good), "{good}");
    }
    for bad in ["Adm1n", "guest-", "guest-x", "alice~", "~2", "a~2~2", "", &"x".repeat(100)] {
        assert!(!is_still_good(bad), "{bad}");
    }
}

#[test]
fn rooms_that_look_alike_have_one_look() {
    for (one, other) in [("modern", "modem"), ("dev1", "devl"), ("go", "g0"), ("ѕоѕ", "sos")] {
        assert_eq!(room_look(one), room_look(other), "{one} {other}");
    }
    assert_ne!(room_look("lobby"), room_look("lobbyist"));
    for mixed in ["#lоbby", "lobbу", "#ӏobby"] {
        assert_eq!(room_key(mixed), Err(BadName::Scripts), "{mixed}");
    }
}

/// One of the characters that become eighteen.
const LIGATURE: &str = "\u{fdfa}";

#[test]
fn what_is_too_long_is_not_looked_at() {
    // Three bytes each; a text longer than any name is refused for its length in bytes alone.
    let longest = LIGATURE.repeat(NICK_CHARS_MAX * NAME_CHAR_BYTES_MAX / LIGATURE.len());
    assert!(Brief::of(&longest, NICK_CHARS_MAX).is_some());
    for many in [longest.len() / LIGATURE.len() + 1, 350_000] {
        let long = LIGATURE.repeat(many);
        assert!(Brief::of(&long, NICK_CHARS_MAX).is_none());
        assert_eq!(nick(&long), Err(BadName::Length(NICK_CHARS_MAX)));
        assert!(!is_still_good(&long));
    }
    let long = LIGATURE.repeat(350_000);
    assert_eq!(room_key(&long), Err(BadName::Length(ROOM_CHARS_MAX)));
    assert_eq!((nick_keys(&long).count(), room_look(&long)), (0, None));
    assert_eq!(head(&long).chars().count(), NICK_CHARS_MAX);
}

#[test]
fn a_name_may_be_written_in_pieces() {
    for (decomposed, composed) in [
        ("\u{3c9}\u{313}\u{342}\u{345}".repeat(24), "ᾦ".repeat(24)),
        ("각".nfd().collect(), "각".to_owned()),
    ] {
        assert_eq!(nick(&decomposed), Ok(composed));
    }
}
