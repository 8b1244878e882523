//! Arguments in, exit code out.

fn main() -> std::process::ExitCode {
    hatrack::cli::run().into()
}
