//! What needs a process of its own: this test starts itself again for each case.
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

mod host;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use host::{Bundle, Clap, Format, Host, Play, blocks, in_both_hosts, noise};
#[cfg(target_os = "linux")]
use host::{Change, Footprint, NOTHING_CHANGED, OPEN, Script, fixture};
use limpid_engine::runtime::FILE_VARIABLE;

/// Says which case the process is for, and where the plugin lies.
const CASE: &str = "LIMPID_TEST_CASE";

/// Runs `case` in a process that finds no library but the bundle's own.
fn alone<H: Host>(case: &str, plugin: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the test's own path"));
    let format = H::FORMAT;
    command
        .args(["--exact", "a_case", "--nocapture", "--ignored"])
        .env_remove(FILE_VARIABLE)
        .env("XDG_DATA_HOME", plugin.parent().expect("a folder"))
        .env("XDG_DATA_DIRS", "/nowhere")
        .env(CASE, format!("{format:?} {case} {}", plugin.display()));
    command
}

fn ran(command: &mut Command) -> Output {
    let output = command.output().expect("the test again");
    eprintln!("{}", String::from_utf8_lossy(&output.stdout));
    eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn passed(command: &mut Command) {
    assert!(ran(command).status.success(), "see above");
}

#[test]
#[ignore = "run by the others, each in a process of its own"]
fn a_case() {
    let Ok(case) = std::env::var(CASE) else {
        return;
    };
    let mut words = case.splitn(3, ' ');
    let mut word = || words.next().expect("a format, a case and a path");
    match word() {
        "Clap" => run::<Clap>(word(), word().as_ref()),
        #[cfg(target_os = "linux")]
        "Vst3" => run::<host::Vst3>(word(), word().as_ref()),
        other => panic!("no format {other}"),
    }
}

fn run<H: Host>(case: &str, plugin: &Path) {
    let library = H::load(plugin);
    match case {
        #[cfg(target_os = "linux")]
        "preferred" => return preferred::<H>(&library),
        #[cfg(target_os = "linux")]
        "watched" => return watched::<H>(&library),
        #[cfg(target_os = "linux")]
        "hundred" => return hundred::<H>(library, plugin),
        _ => {}
    }
    let mut host = H::new(&library, Play::offline(48_000, 512));
    let input = vec![noise(1, 48_000); 2];
    let output = host.run(&input, &[], blocks(512));
    let latency = host.latency();
    match case {
        "passes" => {
            assert_eq!(latency, 0);
            assert!(output == input);
        }
        "enhances" => {
            assert!(latency > 0);
            assert!(output[0][latency..] != input[0][..48_000 - latency]);
        }
        other => panic!("no case {other}"),
    }
}

/// Loads the library and lets go of it; an instance of each plays.
#[cfg(target_os = "linux")]
fn hundred<H: Host>(library: H::Library, plugin: &Path) {
    drop(library);
    let input = vec![noise(1, 4_096); 2];
    let (mut first, mut early) = (None, None);
    for time in 1..=100 {
        let library = H::load(plugin);
        let mut host = H::new(&library, Play::offline(48_000, 512));
        let output = host.run(&input, &NOTHING_CHANGED, blocks(512));
        drop(host);
        drop(library);
        assert!(*first.get_or_insert_with(|| output.clone()) == output);
        if time == 20 {
            early = Some(Footprint::now());
        }
    }
    let (early, late) = (early.expect("a footprint"), Footprint::now());
    println!("after 20 times {early:?}, after 100 {late:?}");
    assert!(late.threads <= early.threads, "{early:?} {late:?}");
    assert!(late.files <= early.files, "{early:?} {late:?}");
    assert!(late.memory < early.memory + 8.0, "{early:?} {late:?}");
}

/// Real-time priorities of the workers' threads, 0 for ordinary ones.
#[cfg(target_os = "linux")]
fn priorities() -> Vec<u32> {
    let tasks = std::fs::read_dir("/proc/self/task").expect("threads");
    let stats = tasks
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("stat")).ok())
        .filter(|stat| stat.contains("(limpid-worker)"));
    let priority = |stat: String| {
        let after_name = stat.rsplit(')').next()?;
        after_name.split_whitespace().nth(37)?.parse().ok()
    };
    stats.filter_map(priority).collect()
}

#[cfg(target_os = "linux")]
fn preferred<H: Host>(library: &H::Library) {
    use thread_priority::{
        RealtimeThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
        set_thread_priority_and_policy, thread_native_id,
    };
    let second = vec![noise(1, 48_000); 2];
    let mut host = H::new(library, Play::offline(48_000, 512));
    host.run(&second, &[], blocks(512));
    assert_eq!(
        priorities(),
        [0],
        "a render must not push other programs aside"
    );
    host.reactivate(Play::real_time(48_000, 512));
    host.run(&second, &[], blocks(512));
    let given = std::thread::spawn(|| {
        let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
        set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, policy).is_ok()
    });
    // Refused where this thread is refused as well; what is refused changes nothing else.
    let given = given.join().expect("a thread");
    let expected = u32::from(given);
    println!("the system gives priority: {given}");
    assert_eq!(priorities(), [expected]);
}

/// A state that asks for the model in a file.
#[cfg(target_os = "linux")]
fn wanting(model: &Path) -> String {
    let wanted = serde_json::json!({ "name": "own", "path": model }).to_string();
    serde_json::json!({"version": "0.1.0", "params": {}, "fields": {"format": "1", "model": wanted}})
        .to_string()
}

/// Plays under a filter of the kernel's that ends the process at any system call of the audio thread
/// but waking another thread and looking at the clock.
#[cfg(target_os = "linux")]
fn watched<H: Host>(library: &H::Library) {
    let mut host = H::new(library, Play::real_time(48_000, 128));
    let change = |parameter, value| Change {
        at: 77,
        parameter,
        value,
    };
    let changes = [
        change("Bypass", 1.0),
        change("Bypass", 0.0),
        change("Voice", 0.5),
        change("Background", OPEN),
        change("Solo", 2.0),
        change("Solo", 0.0),
        change("Stereo link", 0.0),
        change("Stereo link", 1.0),
    ];
    // A second, and as long as the models take.
    let script = Script {
        blocks: 375,
        changes: (1..).map(|i| 30 * i).zip(changes).collect(),
        resets: vec![100, 300],
    };
    // Two models that follow each other while it plays: the second has another latency, and waits.
    let mut next = ["identity_k1", "waveform_identity"].into_iter();
    let (mut awaited, mut asked) = (None, 0);
    host.restarts();
    let filter = || seccompiler::apply_filter(&nothing_but_waking()).expect("a filter");
    host.play_on_a_thread(&script, filter, |host| {
        asked += host.restarts();
        let json = host.json();
        let saved = json["fields"]["model"].as_str().unwrap_or_default();
        if awaited.is_some_and(|name| !saved.contains(name)) || saved.contains("\"sha256\":\"\"") {
            return false;
        }
        awaited = next.next();
        if let Some(name) = awaited {
            asked = 0;
            assert!(host.restore_json(&wanting(&fixture(name))));
        }
        awaited.is_none() && asked > 0
    });
}

#[cfg(target_os = "linux")]
fn nothing_but_waking() -> seccompiler::BpfProgram {
    use seccompiler::{
        SeccompAction, SeccompCmpArgLen as Length, SeccompCmpOp as Is, SeccompCondition,
        SeccompFilter, SeccompRule,
    };
    // The flags of a futex call aside, its second argument says what is done.
    let operation = Is::MaskedEq(libc::FUTEX_CMD_MASK as u32 as u64);
    let wakes = SeccompCondition::new(1, Length::Dword, operation, libc::FUTEX_WAKE as u64);
    let wakes = SeccompRule::new(vec![wakes.expect("a condition")]).expect("a rule");
    let rules = [
        (libc::SYS_futex, vec![wakes]),
        // Asked only where the clock cannot be read without; it never waits.
        (libc::SYS_clock_gettime, vec![]),
    ];
    let (otherwise, then) = (SeccompAction::KillProcess, SeccompAction::Allow);
    let processor = std::env::consts::ARCH.try_into().expect("a processor");
    let filter = SeccompFilter::new(rules.into(), otherwise, then, processor);
    filter
        .and_then(TryInto::try_into)
        .expect("a filter that the kernel takes")
}

in_both_hosts!(
    without_the_library_the_sound_passes_through,
    with_a_damaged_library_the_sound_passes_through,
    without_any_model_the_sound_passes_through,
    with_a_damaged_model_the_sound_passes_through,
    nothing_outside_the_bundle_is_needed,
);

#[cfg(target_os = "linux")]
mod on_linux {
    use super::*;
    in_both_hosts!(
        in_real_time_the_worker_is_preferred_where_the_system_allows_it,
        the_audio_thread_calls_the_system_for_nothing_but_to_wake_the_worker,
        data_is_found_through_a_link_and_a_relative_path,
        the_library_is_loaded_and_let_go_a_hundred_times,
    );

    /// On Linux the system keeps a library of ours once it was loaded (`build.rs`): what is let go of is
    /// all that instances and formats have in it.
    fn the_library_is_loaded_and_let_go_a_hundred_times<H: Host>() {
        let bundle = Bundle::new(H::FORMAT, "hundred");
        passed(alone::<H>("hundred", &bundle.plugin).env("MALLOC_ARENA_MAX", "1"));
    }

    fn in_real_time_the_worker_is_preferred_where_the_system_allows_it<H: Host>() {
        let bundle = Bundle::new(H::FORMAT, "preferred");
        passed(&mut alone::<H>("preferred", &bundle.plugin));
    }

    fn the_audio_thread_calls_the_system_for_nothing_but_to_wake_the_worker<H: Host>() {
        let bundle = Bundle::new(H::FORMAT, "watched");
        passed(&mut alone::<H>("watched", &bundle.plugin));
    }

    /// The link is to the file of a CLAP and to the folder of a VST3.
    fn data_is_found_through_a_link_and_a_relative_path<H: Host>() {
        let bundle = Bundle::new(H::FORMAT, "linked");
        let (whole, within) = match H::FORMAT {
            Format::Clap => (bundle.plugin.clone(), PathBuf::new()),
            Format::Vst3 => {
                let within = bundle.plugin.strip_prefix(&bundle.root);
                (bundle.root.clone(), within.expect("a path").to_owned())
            }
        };
        let name = whole.file_name().expect("a name");
        let elsewhere = bundle.root.with_file_name("elsewhere");
        let _ = std::fs::remove_dir_all(&elsewhere);
        std::fs::create_dir_all(&elsewhere).expect("a folder");
        let link = elsewhere.join(name);
        std::os::unix::fs::symlink(&whole, &link).expect("a link");
        // Joining nothing would leave a slash at the end of a file's name.
        let joined = |path: &Path| -> PathBuf { path.iter().chain(within.iter()).collect() };
        passed(&mut alone::<H>("enhances", &joined(&link)));
        let mut relative = alone::<H>("enhances", &joined(&Path::new(".").join(name)));
        relative
            .env("XDG_DATA_HOME", "/nowhere")
            .current_dir(&elsewhere);
        passed(&mut relative);
    }
}

fn without_the_library_the_sound_passes_through<H: Host>() {
    let bundle = Bundle::without_library(H::FORMAT, "no-library");
    passed(&mut alone::<H>("passes", &bundle.plugin));
}

fn with_a_damaged_library_the_sound_passes_through<H: Host>() {
    let bundle = Bundle::without_library(H::FORMAT, "damaged-library");
    let facts = limpid_engine::runtime::LibraryFacts::current().expect("a known system");
    std::fs::write(bundle.data.join(facts.file_name), b"cut short").expect("a file");
    passed(&mut alone::<H>("passes", &bundle.plugin));
}

fn without_any_model_the_sound_passes_through<H: Host>() {
    let bundle = Bundle::new(H::FORMAT, "no-model");
    std::fs::remove_dir_all(bundle.data.join("models")).expect("a folder to remove");
    passed(&mut alone::<H>("passes", &bundle.plugin));
}

fn with_a_damaged_model_the_sound_passes_through<H: Host>() {
    let bundle = Bundle::new(H::FORMAT, "damaged-model");
    let model = bundle.model();
    let whole = std::fs::read(&model).expect("the shipped model");
    // In place of the link to it.
    std::fs::remove_file(&model).expect("a link to remove");
    std::fs::write(&model, &whole[..100_000]).expect("a file");
    passed(&mut alone::<H>("passes", &bundle.plugin));
}

fn nothing_outside_the_bundle_is_needed<H: Host>() {
    let bundle = Bundle::new(H::FORMAT, "whole");
    passed(&mut alone::<H>("enhances", &bundle.plugin));
}

#[cfg(feature = "assert-allocs")]
mod caught {
    use super::*;
    in_both_hosts!(
        a_process_call_that_allocates_is_caught,
        a_process_call_that_waits_is_caught
    );

    fn a_process_call_that_allocates_is_caught<H: Host>() {
        let bundle = Bundle::new(H::FORMAT, "allocating");
        let mut offending = alone::<H>("enhances", &bundle.plugin);
        let output = ran(offending.env("LIMPID_TEST_OFFENCE", "allocate"));
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("allocat"), "{said}");
    }

    #[cfg(target_os = "linux")]
    fn a_process_call_that_waits_is_caught<H: Host>() {
        use std::os::unix::process::ExitStatusExt;

        let bundle = Bundle::new(H::FORMAT, "waiting");
        let mut offending = alone::<H>("watched", &bundle.plugin);
        let output = ran(offending.env("LIMPID_TEST_OFFENCE", "sleep"));
        assert_eq!(output.status.signal(), Some(libc::SIGSYS));
    }
}
