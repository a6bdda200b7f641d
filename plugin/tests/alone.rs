//! What needs a process of its own: this test starts itself again for each case.
#![allow(
    clippy::expect_used,
    reason = "a test ends where something it needs is not there"
)]

mod host;

use std::process::{Command, Output};

use host::{Bundle, Host, Play, blocks, load, noise};
use limpid_engine::runtime::FILE_VARIABLE;

/// Says which case the process is for, and where the plugin lies.
const CASE: &str = "LIMPID_TEST_CASE";

/// Runs `case` in a process that finds no library but the bundle's own.
fn alone(case: &str, plugin: &std::path::Path) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the test's own path"));
    command
        .args(["--exact", "a_case", "--nocapture", "--ignored"])
        .env_remove(FILE_VARIABLE)
        .env("XDG_DATA_HOME", plugin.parent().expect("a folder"))
        .env("XDG_DATA_DIRS", "/nowhere")
        .env(CASE, format!("{case} {}", plugin.display()));
    command
}

fn ran(command: &mut Command) -> Output {
    let output = command.output().expect("the test again");
    eprintln!("{}", String::from_utf8_lossy(&output.stdout));
    eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    output
}

#[test]
#[ignore = "run by the others, each in a process of its own"]
fn a_case() {
    let Ok(case) = std::env::var(CASE) else {
        return;
    };
    let (case, plugin) = case.split_once(' ').expect("a case and a path");
    let entry = load(plugin.as_ref());
    #[cfg(target_os = "linux")]
    if case == "preferred" {
        return preferred(&entry);
    }
    let mut host = Host::new(&entry, Play::offline(48_000, 512));
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
fn preferred(entry: &clack_host::prelude::PluginEntry) {
    use thread_priority::{
        RealtimeThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
        set_thread_priority_and_policy, thread_native_id,
    };
    let second = vec![noise(1, 48_000); 2];
    let mut host = Host::new(entry, Play::offline(48_000, 512));
    host.run(&second, &[], blocks(512));
    assert_eq!(
        priorities(),
        [0],
        "a render must not push other programs aside"
    );
    let play = Play {
        offline: false,
        ..Play::offline(48_000, 512)
    };
    host.reactivate(play);
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

#[cfg(target_os = "linux")]
#[test]
fn in_real_time_the_worker_is_preferred_where_the_system_allows_it() {
    let bundle = Bundle::new("preferred");
    assert!(
        ran(&mut alone("preferred", &bundle.plugin))
            .status
            .success()
    );
}

#[test]
fn without_the_library_the_sound_passes_through() {
    let bundle = Bundle::without_library("no-library");
    assert!(ran(&mut alone("passes", &bundle.plugin)).status.success());
}

#[test]
fn with_a_damaged_library_the_sound_passes_through() {
    let bundle = Bundle::without_library("damaged-library");
    let facts = limpid_engine::runtime::LibraryFacts::current().expect("a known system");
    std::fs::write(bundle.data.join(facts.file_name), b"cut short").expect("a file");
    assert!(ran(&mut alone("passes", &bundle.plugin)).status.success());
}

#[test]
fn without_any_model_the_sound_passes_through() {
    let bundle = Bundle::new("no-model");
    std::fs::remove_dir_all(bundle.data.join("models")).expect("a folder to remove");
    assert!(ran(&mut alone("passes", &bundle.plugin)).status.success());
}

#[test]
fn nothing_outside_the_bundle_is_needed() {
    let bundle = Bundle::new("whole");
    assert!(ran(&mut alone("enhances", &bundle.plugin)).status.success());
}

#[cfg(unix)]
#[test]
fn data_is_found_through_a_link_and_a_relative_path() {
    let bundle = Bundle::new("linked");
    let elsewhere = bundle.root.with_file_name("elsewhere");
    let _ = std::fs::remove_dir_all(&elsewhere);
    std::fs::create_dir_all(&elsewhere).expect("a folder");
    let link = elsewhere.join("Limpid.clap");
    std::os::unix::fs::symlink(&bundle.plugin, &link).expect("a link");
    assert!(ran(&mut alone("enhances", &link)).status.success());
    let mut relative = alone("enhances", std::path::Path::new("./Limpid.clap"));
    relative
        .env("XDG_DATA_HOME", "/nowhere")
        .current_dir(&elsewhere);
    assert!(ran(&mut relative).status.success());
}

#[cfg(feature = "assert-allocs")]
#[test]
fn a_process_call_that_allocates_is_caught() {
    let bundle = Bundle::new("allocating");
    let mut offending = alone("enhances", &bundle.plugin);
    let output = ran(offending.env("LIMPID_TEST_ALLOCATE", "1"));
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("allocat"), "{said}");
}
