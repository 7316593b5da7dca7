//! Limits of the files that people send.

/// Largest file by default, in bytes. See `--max-file`.
pub const FILE_BYTES_MAX: u64 = 10 * 1024 * 1024;
/// Bytes of all files by default. See `--files-max`.
pub const FILES_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// The part of all files that may be one person's: a tenth.
pub const FILES_TO_PERSON: u64 = 10;
/// The part of all files that may come from one address, in bytes and in number: a quarter.
pub const FILES_TO_ADDRESS: u64 = 4;
/// Number of all files, however small.
pub const FILES_MAX: u64 = 20_000;
/// Number of one person's files.
pub const FILES_PER_PERSON_MAX: u64 = 2_000;
/// Bytes of a piece of a file, one request. A piece is in memory until it is written.
pub const FILE_PIECE_BYTES: usize = 128 * 1024;
/// Uploads at a time. Each may have a piece in memory.
pub const UPLOADS_MAX: usize = 64;
/// Uploads from one address at a time.
pub const UPLOADS_PER_ADDRESS_MAX: usize = UPLOADS_MAX / 2;
/// Time in which the first piece of an upload must come. On a slow network several may share the
/// way, and each piece has 128 KiB.
pub const UPLOAD_FIRST_MS: u64 = 60 * 1000;
/// Least bytes per second of an upload, beside [`UPLOAD_MS`] in all: nobody keeps its place by a
/// byte now and then.
pub const UPLOAD_BYTES_PER_S_MIN: u64 = 8 * 1024;
/// Bytes for which the smallest file counts for its address: 4,096 files at once.
pub const FILE_BYTES_COUNTED_MIN: u64 = 64 * 1024;
/// Uploads of one person at a time.
pub const UPLOADS_PER_PERSON_MAX: usize = 8;
/// Time after its last piece for which an upload may go on, and for which its end is remembered, in
/// case the answer was lost.
pub const UPLOAD_MS: u64 = 5 * 60 * 1000;
/// Time after which a file that no message tells of is deleted: an hour.
pub const FILE_UNSENT_MS: i64 = 60 * 60 * 1000;
/// Changes of people's ids within this time that are remembered; the oldest are forgotten.
pub const PAST_IDS_MAX: usize = 4_096;
/// Ids of one person whose files are theirs, with that of now: somebody who signs in and out again
/// and again has the newest of them.
pub const PAST_IDS_OF_PERSON_MAX: usize = 8;
/// Time between two looks for files whose messages are gone.
pub const FILES_LOOK_MS: u64 = 2_000;
/// Files that are looked at in one look: it takes some 2 ms.
pub const FILES_PER_LOOK: usize = 500;
/// Files that one message can tell of.
pub const FILES_PER_MESSAGE_MAX: usize = 16;
/// Links to files that wait in memory while the history cannot be written.
pub const FILES_TOLD_WAITING_MAX: usize = 10_000;
/// Bytes of a file's name; longer ones are cut. Each may take three in its address.
pub const FILE_NAME_BYTES_MAX: usize = 96;
/// Width and height of an image that is shown in place. Larger ones are for downloading.
pub const IMAGE_SIDE_MAX: u32 = 16_384;
/// Pixels of an image that is shown in place: a browser takes four bytes for each.
pub const IMAGE_PIXELS_MAX: u64 = 40_000_000;
/// Bytes of the notes of a camera in which the way up of a photograph is looked for. It is in the
/// first list, a few hundred bytes from the beginning.
pub const IMAGE_NOTES_BYTES: u64 = 4096;
/// Segments of a JPEG among which its size is looked for; cameras write about twenty.
pub const IMAGE_SEGMENTS_MAX: usize = 400;
/// Seconds for which a browser may show a file again without asking whether it is still there.
pub const FILE_CACHE_S: u32 = 3_600;
/// Bytes of files from one address at once, and per hour after that.
pub const FILE_BYTES_BURST: u64 = 256 * 1024 * 1024;
/// See [`FILE_BYTES_BURST`].
pub const FILE_BYTES_PER_H: u64 = 256 * 1024 * 1024;

const _: () = {
    assert!(FILE_BYTES_MAX <= FILES_BYTES_MAX / FILES_TO_PERSON);
    assert!(FILES_PER_PERSON_MAX * FILES_TO_PERSON <= FILES_MAX);
    assert!(FILES_TO_ADDRESS < FILES_TO_PERSON && UPLOAD_FIRST_MS < UPLOAD_MS);
};
