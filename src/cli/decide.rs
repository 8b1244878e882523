//! `hatrack decide`: a stream of cases in, a stream of answers out, in their order.

use std::fs::File;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use crate::access::batch::{self, Batch};
use crate::cli::document::STANDARD_INPUT;
use crate::cli::exit::ExitCode;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::report;

/// One read is at most so much, and one worker gets it whole: small enough that all have something to do.
const CHUNK_BYTES: usize = 64 << 10;
/// A longer line is no case; it is passed over without being kept.
const LINE_BYTES_MAX: usize = 8 << 20;
/// Chunks that may wait for a worker, or for their turn to be written.
const WAITING_MAX: usize = 4;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Cases in lines of JSON; `-` is standard input
    #[arg(long, value_name = "FILE")]
    batch: PathBuf,
    /// How many cases are decided at once [default: one on each core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Say on standard error how many cases there were and how long they took
    #[arg(long)]
    stats: bool,
}

/// Lines that one worker answers.
struct Chunk {
    /// Whole lines.
    lines: Vec<u8>,
    /// Whether a line in front of them was too long.
    after_long_line: bool,
}

/// What a worker made of a chunk.
#[derive(Default)]
struct Answers {
    text: String,
    cases: u64,
    wrong: u64,
}

pub fn run(args: &Args, output: &Output) -> Result<ExitCode, Failure> {
    let began = Instant::now();
    let input: Box<dyn Read + Send> = if args.batch.as_os_str() == STANDARD_INPUT {
        Box::new(io::stdin())
    } else {
        Box::new(open(&args.batch)?)
    };
    let threads = args.threads.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    let (cases, wrong) = answer_all(input, threads, output).map_err(|error| {
        Failure::error(format!("cannot read `{}`: {error}", args.batch.display()))
            .help("the answers to the lines before it were written")
    })?;
    if wrong > 0 {
        let lines = if cases == 1 { "line is no case" } else { "lines are no cases that can be decided" };
        output.say(&format!("{wrong} of {cases} {lines}: their answers have an `error`"));
    }
    if args.stats {
        let seconds = began.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "it is rounded")]
        let rate = cases as f64 / seconds.max(f64::EPSILON);
        let threads = report::count(threads, "thread");
        output.say(&format!("{cases} cases in {seconds:.3} s on {threads}: {rate:.0} decisions a second"));
    }
    Ok(ExitCode::Done)
}

fn open(path: &Path) -> Result<File, Failure> {
    let cannot = |error| Failure::error(format!("cannot read `{}`: {error}", path.display()));
    let file = File::open(path).map_err(cannot)?;
    if file.metadata().is_ok_and(|about| about.is_dir()) {
        return Err(cannot(io::Error::other("it is a folder")));
    }
    Ok(file)
}

/// Answers every line, and says how many there were and how many of them are no cases.
///
/// Each worker has a queue for what it is to do and one for what it did, and both ends go round the workers in the
/// same order: so answers come in the order of the cases, and nothing piles up.
fn answer_all(input: Box<dyn Read + Send>, threads: usize, output: &Output) -> io::Result<(u64, u64)> {
    thread::scope(|scope| {
        let (mut to_do, mut done) = (vec![], vec![]);
        for _ in 0..threads {
            let (chunks, work) = sync_channel(WAITING_MAX);
            let (ready, answers) = sync_channel(WAITING_MAX);
            scope.spawn(move || worker(&work, &ready));
            to_do.push(chunks);
            done.push(answers);
        }
        let reader = scope.spawn(move || deal(input, &to_do));
        let (mut cases, mut wrong) = (0, 0);
        for answers in done.iter().cycle() {
            // A worker without answers has had no chunk, and then none after it has.
            let Ok(Answers { text, cases: more, wrong: no_cases }) = answers.recv() else { break };
            cases += more;
            wrong += no_cases;
            if !output.stream(&text) {
                break;
            }
        }
        drop(done);
        let read = reader.join().unwrap_or_else(|_| Err(io::Error::other("the reader stopped")));
        read.map(|()| (cases, wrong))
    })
}

fn worker(work: &Receiver<Chunk>, ready: &SyncSender<Answers>) {
    let mut batch = Batch::default();
    while let Ok(chunk) = work.recv() {
        if ready.send(answered(&mut batch, &chunk)).is_err() {
            break;
        }
    }
}

fn answered(batch: &mut Batch, chunk: &Chunk) -> Answers {
    let mut answers = Answers::default();
    let Chunk { lines, after_long_line } = chunk;
    if *after_long_line {
        answers.no_case("it is longer than 8 MiB");
    }
    for line in lines.split(|byte| *byte == b'\n') {
        match std::str::from_utf8(line).map(str::trim_ascii) {
            Ok("") => {}
            Ok(line) => {
                let decided = batch.answer(line, &mut answers.text);
                answers.ended(decided);
            }
            Err(_) => answers.no_case("it is not UTF-8"),
        }
    }
    // What is not ASCII could do harm on a terminal.
    if answers.text.bytes().any(|byte| byte >= 0x7f) {
        answers.text = report::harmless_json(&answers.text);
    }
    answers
}

impl Answers {
    fn no_case(&mut self, why: &str) {
        batch::no_case(why, &mut self.text);
        self.ended(false);
    }

    fn ended(&mut self, decided: bool) {
        self.text.push('\n');
        self.cases += 1;
        self.wrong += u64::from(!decided);
    }
}

/// Reads whole lines and deals them out, one worker after the other.
fn deal(mut input: Box<dyn Read + Send>, to_do: &[SyncSender<Chunk>]) -> io::Result<()> {
    let mut workers = to_do.iter().cycle();
    let mut kept: Vec<u8> = vec![];
    let (mut passing_over, mut after_long_line) = (false, false);
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        let length = match input.read(&mut buffer) {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let mut read = buffer.get(..length).unwrap_or_default();
        if passing_over && length > 0 {
            let Some(end) = read.iter().position(|byte| *byte == b'\n') else { continue };
            read = read.get(end + 1..).unwrap_or_default();
            passing_over = false;
        }
        let lines = match read.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => {
                let (whole, begun) = read.split_at(end + 1);
                let mut lines = std::mem::replace(&mut kept, begun.to_vec());
                lines.extend_from_slice(whole);
                lines
            }
            None if length == 0 => std::mem::take(&mut kept),
            None => {
                kept.extend_from_slice(read);
                if kept.len() > LINE_BYTES_MAX {
                    kept = vec![];
                    (passing_over, after_long_line) = (true, true);
                }
                continue;
            }
        };
        let chunk = Chunk { lines, after_long_line: std::mem::take(&mut after_long_line) };
        let nobody_reads = workers.next().is_none_or(|worker| worker.send(chunk).is_err());
        if nobody_reads || length == 0 {
            return Ok(());
        }
    }
}
