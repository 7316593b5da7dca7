//! Files on their way to the server, piece by piece.

use super::Files;
use super::folder::{self, FileFolder, Hash};
use super::name;
use crate::chat::budgets::{self, Budget};
use crate::chat::history::{FileSum, KeptFile};
use crate::chat::refusal::{FileRefusal, Refusal};
use crate::chat::{Chat, Cx};
use crate::limits::{
    FILE_BYTES_COUNTED_MIN, FILES_MAX, FILES_PER_PERSON_MAX, FILES_TO_ADDRESS,
    UPLOAD_BYTES_PER_S_MIN, UPLOAD_FIRST_MS, UPLOAD_MS, UPLOADS_PER_ADDRESS_MAX,
    UPLOADS_PER_PERSON_MAX,
};
use hmac::Mac;
use mio_socketio::{Address, Now, SocketId};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::rc::Rc;

/// A file that is being sent.
pub(super) struct Upload {
    /// The id of the person.
    pub(super) person: Rc<str>,
    name: String,
    /// All bytes of the file, as it was announced.
    pub(super) bytes: u64,
    /// Bytes that are here.
    at: u64,
    pub(super) part: PathBuf,
    hash: Hash,
    /// The time of its last piece, or of its beginning.
    pub(super) last_ms: u64,
    /// The time until which it may go on.
    pub(super) until_ms: u64,
    /// The time at which it ends in any case, unless it is whole.
    ends_ms: u64,
    /// The address that it comes from.
    pub(super) from: Option<Address>,
    /// Whether nothing is counted against that address.
    is_exempt: bool,
    /// Its address below the page's, once it is whole.
    pub(super) sent: Option<String>,
}

/// An upload that may begin.
pub(in crate::chat) struct Begun {
    /// The upload's name, which nobody can guess.
    pub(in crate::chat) upload: String,
    /// Bytes of a piece.
    pub(in crate::chat) piece: usize,
}

/// The state of an upload after a piece.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// So many bytes are here.
    At(u64),
    /// All of them, and the file has this address below the page's.
    Whole(u64, String),
}

/// The reason why a piece is not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PieceRefusal {
    /// There is no such upload, or no longer.
    Unknown,
    /// The next piece is the one at this byte.
    OutOfStep(u64),
    /// The file has more bytes than was announced.
    TooLong,
    /// The disk is full.
    DiskFull,
    /// It cannot be written.
    Unwritten,
}

impl Upload {
    /// One that has begun now, from nowhere known.
    fn new(
        folder: &FileFolder,
        upload: &str,
        person: Rc<str>,
        name: String,
        bytes: u64,
        now_ms: u64,
    ) -> Self {
        Self {
            person,
            name,
            bytes,
            at: 0,
            part: folder.part(upload),
            hash: folder.hash(upload),
            last_ms: now_ms,
            until_ms: now_ms + UPLOAD_FIRST_MS,
            ends_ms: now_ms + UPLOAD_MS + 1_000 * (bytes / UPLOAD_BYTES_PER_S_MIN),
            from: None,
            is_exempt: false,
            sent: None,
        }
    }
}

/// Begins an upload for a person.
///
/// # Errors
/// The refusal, if the file or the person has no room here.
pub(in crate::chat) fn begin(
    cx: &mut Cx<'_>,
    socket: SocketId,
    name: &str,
    bytes: u64,
) -> Result<Begun, Refusal> {
    cx.state.may_speak(socket)?;
    let now_ms = cx.now().ms;
    cx.state.files.end_old(now_ms);
    let person = cx.state.people.record(socket).ok_or(Refusal::Gone)?.id.clone();
    let from = cx.address(socket).map(Address::of);
    let is_exempt = cx.is_exempt(socket);
    has_room(cx.state, &person, from, bytes)?;
    if let Some(from) = from.filter(|_| !is_exempt) {
        has_room_for_address(&cx.state.files, from, bytes)?;
    }
    budgets::take_many(cx, socket, Budget::Files, bytes.max(FILE_BYTES_COUNTED_MIN))?;
    let upload = cx.random_id();
    let files = &mut cx.state.files;
    if let Some(idlest) = files.gives_up(from)? {
        files.end(&idlest);
    }
    let folder = files.folder.as_ref().ok_or(FileRefusal::Off)?;
    let (piece, name) = (folder.piece_bytes, name::plain(name));
    let begun =
        Upload { from, is_exempt, ..Upload::new(folder, &upload, person, name, bytes, now_ms) };
    files.uploads.insert(upload.as_str().into(), begun);
    Ok(Begun { upload, piece })
}

fn has_room(
    chat: &Chat,
    person: &Rc<str>,
    from: Option<Address>,
    bytes: u64,
) -> Result<(), FileRefusal> {
    let Chat { files, history, .. } = chat;
    let folder = files.folder.as_ref().ok_or(FileRefusal::Off)?;
    if bytes == 0 {
        return Err(FileRefusal::Empty);
    }
    if bytes > folder.file_bytes_max {
        return Err(FileRefusal::TooLarge(folder.file_bytes_max));
    }
    if history.status().is_failing {
        return Err(FileRefusal::NotKept);
    }
    let coming = || files.uploads.values().filter(|it| it.sent.is_none());
    let theirs = || coming().filter(|it| it.person == *person);
    let is_from_there = |it: &&Upload| from.is_some() && it.from == from;
    let there = coming().filter(is_from_there).count();
    if theirs().count() >= UPLOADS_PER_PERSON_MAX || there >= UPLOADS_PER_ADDRESS_MAX {
        return Err(FileRefusal::TooManyAtOnce);
    }
    files.gives_up(from)?;
    let fits = |sum: FileSum, coming: u64, count_max: u64, bytes_max: u64| {
        fits(sum, coming, bytes, (count_max, bytes_max))
    };
    let sum = |of| history.file_sum(of).ok_or(FileRefusal::NotKept);
    let coming_bytes = theirs().map(|it| it.bytes).sum();
    if !fits(sum(Some(person))?, coming_bytes, FILES_PER_PERSON_MAX, folder.person_bytes_max()) {
        return Err(FileRefusal::YoursFull);
    }
    let coming_bytes = coming().map(|it| it.bytes).sum();
    match fits(sum(None)?, coming_bytes, FILES_MAX, folder.all_bytes_max) {
        true => Ok(()),
        false => Err(FileRefusal::Full),
    }
}

/// Whether the files from an address leave room for one more. Files under way count as well.
fn has_room_for_address(files: &Files, from: Address, bytes: u64) -> Result<(), FileRefusal> {
    let folder = files.folder.as_ref().ok_or(FileRefusal::Off)?;
    let coming = files.uploads.values().filter(|it| it.sent.is_none() && it.from == Some(from));
    let coming_bytes = coming.map(|it| it.bytes).sum();
    let most = (FILES_MAX / FILES_TO_ADDRESS, folder.address_bytes_max());
    match fits(files.origins.sum(from), coming_bytes, bytes, most) {
        true => Ok(()),
        false => Err(FileRefusal::AddressFull),
    }
}

/// Whether one more file, of `bytes` bytes, is within a number of files and of their bytes.
const fn fits(sum: FileSum, coming: u64, bytes: u64, (count_max, bytes_max): (u64, u64)) -> bool {
    let all = sum.bytes.saturating_add(coming).saturating_add(bytes);
    sum.count < count_max && all <= bytes_max
}

/// Takes the piece of a file at the byte `at`. An empty piece asks how far the upload has come.
///
/// # Errors
/// Why it is not taken. If the upload cannot go on, it has ended.
pub(super) fn take_piece(
    chat: &mut Chat,
    now: Now,
    upload: &str,
    at: u64,
    piece: &[u8],
) -> Result<Progress, PieceRefusal> {
    let Chat { files, history, .. } = chat;
    let Files { folder: Some(folder), uploads, origins, .. } = files else {
        return Err(PieceRefusal::Unknown);
    };
    let it = uploads.get_mut(upload).filter(|it| now.ms < it.until_ms);
    let it = it.ok_or(PieceRefusal::Unknown)?;
    if let Some(sent) = &it.sent {
        return Ok(Progress::Whole(it.bytes, sent.clone()));
    }
    if piece.is_empty() {
        return Ok(Progress::At(it.at));
    }
    if at != it.at {
        return Err(PieceRefusal::OutOfStep(it.at));
    }
    let kept = it.take(folder, now, piece);
    match kept {
        Ok(None) => Ok(Progress::At(it.at)),
        Ok(Some(file)) => {
            if let Some(from) = it.from.filter(|_| !it.is_exempt) {
                origins.came(file.id.clone(), from, file.bytes);
            }
            history.keep_file(file);
            Ok(Progress::Whole(it.bytes, it.sent.clone().unwrap_or_default()))
        }
        Err(refusal) => {
            files.end(upload);
            Err(refusal)
        }
    }
}

impl Upload {
    /// Takes the next piece. Returns the file, once it is whole.
    fn take(
        &mut self,
        folder: &FileFolder,
        now: Now,
        piece: &[u8],
    ) -> Result<Option<KeptFile>, PieceRefusal> {
        let end = self.at + piece.len() as u64;
        if end > self.bytes {
            return Err(PieceRefusal::TooLong);
        }
        let failed = |error: std::io::Error| {
            log::warn!("a file that was sent cannot be written error=\"{error}\"");
            let is_full = matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
            if is_full { PieceRefusal::DiskFull } else { PieceRefusal::Unwritten }
        };
        folder::write_piece(&self.part, self.at, piece).map_err(failed)?;
        self.hash.update(piece);
        (self.at, self.last_ms) = (end, now.ms);
        self.until_ms = self.ends_ms.min(now.ms + UPLOAD_MS);
        if end < self.bytes {
            return Ok(None);
        }
        let finished = folder.finish(&self.part, self.hash.clone(), &self.person);
        let (id, image) = finished.map_err(failed)?;
        let extensions = image.map_or(&[][..], |image| image.extensions);
        let name = name::encoded(&name::with_extension(&self.name, extensions));
        let size = image.map_or_else(String::new, |it| format!("{}x{}/", it.width, it.height));
        self.until_ms = now.ms + UPLOAD_MS;
        self.sent = Some(format!("files/{id}/{size}{name}"));
        let (person, ms) = (self.person.clone(), now.unix_ms.cast_signed());
        Ok(Some(KeptFile { id: id.into(), person, bytes: self.bytes, ms }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::UPLOADS_MAX;
    use std::net::{IpAddr, Ipv4Addr};

    fn address(number: u32) -> Address {
        Address::of(IpAddr::V4(Ipv4Addr::from(0xC612_0000 + number)))
    }

    /// Files of at most 10,000 bytes in all, and the place of their folder.
    fn files() -> (Files, tempfile::TempDir) {
        let place = tempfile::tempdir().expect("a folder");
        let folder = FileFolder::open(place.path(), 10, 10_000, 100).expect("a folder");
        (Files::new(Some(folder)), place)
    }

    fn upload(files: &mut Files, name: &str, from: u32, last_ms: u64) {
        let folder = files.folder.as_ref().expect("a folder");
        let begun = Upload::new(folder, name, Rc::from("p"), "a".to_owned(), 10, last_ms);
        let begun = Upload { from: Some(address(from)), ..begun };
        files.uploads.insert(name.into(), begun);
    }

    #[test]
    fn a_few_addresses_cannot_take_all_places() {
        let (mut files, _place) = files();
        for number in 0..UPLOADS_MAX {
            assert_eq!(files.gives_up(Some(address(1))), Ok(None));
            let from = if number < UPLOADS_PER_ADDRESS_MAX { 1 } else { 2 };
            upload(&mut files, &format!("u{number:02}"), from, number as u64);
        }
        for own in 0..UPLOADS_MAX / 3 {
            let idlest = files.gives_up(Some(address(3))).expect("a place").expect("no free one");
            files.end(&idlest);
            upload(&mut files, &format!("own{own}"), 3, 100);
        }
        assert_eq!(files.gives_up(Some(address(3))), Err(FileRefusal::Busy), "it has its share");
        assert!(!files.uploads.contains_key("u00") && files.uploads.contains_key("u31"));
        assert_eq!(files.uploads.len(), UPLOADS_MAX);
        // Nothing has come of these.
        files.end_old(100 + UPLOAD_FIRST_MS - 1);
        assert_eq!(files.uploads.len(), UPLOADS_MAX / 3);
        files.end_old(100 + UPLOAD_FIRST_MS);
        assert_eq!(files.uploads.len(), 0);
    }

    #[test]
    fn an_address_gets_a_quarter_of_the_room_and_of_the_number() {
        let (mut files, _place) = files();
        files.origins.came("one".into(), address(1), 2_480);
        upload(&mut files, "coming", 1, 0);
        assert_eq!(has_room_for_address(&files, address(1), 10), Ok(()));
        let full = Err(FileRefusal::AddressFull);
        assert_eq!(has_room_for_address(&files, address(1), 11), full);
        assert_eq!(has_room_for_address(&files, address(2), 2_500), Ok(()));
        files.origins.forget("one");
        assert_eq!(has_room_for_address(&files, address(1), 11), Ok(()));
        for number in 0..FILES_MAX / FILES_TO_ADDRESS {
            files.origins.came(number.to_string().into(), address(1), 0);
        }
        assert_eq!(has_room_for_address(&files, address(1), 1), full);
    }
}
