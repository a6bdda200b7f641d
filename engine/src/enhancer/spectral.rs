//! Models that decide on spectra.

use super::filter::Filter;
use super::kinds::{Run, is_bounded};
use super::link::Mix;
use crate::frames::{Analyser, FrameSizes, Synthesiser};
use crate::network::{Network, NetworkError};
use std::ops::Range;

/// Frames, networks and filters of all channels.
pub(super) struct Spectral {
    sizes: FrameSizes,
    /// Of the model.
    bins: usize,
    taps: usize,
    filter: Filter,
    mix: Mix,
    channels: Vec<Channel>,
    /// One a channel, or one alone.
    networks: Vec<Box<dyn Network>>,
    /// Of the last run.
    linked: bool,
    /// `[hops, 2, bins]`.
    network_input: Vec<f32>,
    /// `[hops, taps, 2, bins]`.
    network_output: Vec<f32>,
    /// One spectrum a channel.
    voice: Vec<f32>,
}

struct Channel {
    analyser: Analyser,
    synthesiser: Synthesiser,
    /// Spectra of the audio, `[taps - 1 + hops, 2, own bins]`: what filters reach back to, then the
    /// hops that are run at once.
    spectra: Vec<f32>,
}

impl Spectral {
    pub(super) fn new(
        sizes: FrameSizes,
        bins: usize,
        taps: usize,
        networks: Vec<Box<dyn Network>>,
        channels: usize,
    ) -> Self {
        let channel = || Channel {
            analyser: Analyser::new(sizes),
            synthesiser: Synthesiser::new(sizes),
            spectra: Vec::new(),
        };
        let mut this = Self {
            sizes,
            bins,
            taps,
            filter: Filter::new(bins, taps, sizes.bins(), sizes.analysis / sizes.hop),
            mix: Mix::new(bins.min(sizes.bins())),
            channels: std::iter::repeat_with(channel).take(channels).collect(),
            networks,
            linked: true,
            network_input: Vec::new(),
            network_output: Vec::new(),
            voice: vec![0.0; channels * 2 * sizes.bins()],
        };
        this.make_room(1);
        this
    }

    /// For `hops` hops at once. History is lost.
    pub(super) fn make_room(&mut self, hops: usize) {
        self.network_input = vec![0.0; hops * 2 * self.bins];
        self.network_output = vec![0.0; hops * self.taps * 2 * self.bins];
        for channel in &mut self.channels {
            channel.spectra = vec![0.0; (self.taps - 1 + hops) * 2 * self.sizes.bins()];
        }
    }

    pub(super) fn networks(&self) -> usize {
        self.networks.len()
    }

    pub(super) fn memory(&self) -> usize {
        self.sizes.analysis + self.taps * self.sizes.hop + self.sizes.synthesis
    }

    pub(super) fn tail(&self, channel: usize) -> &[f32] {
        self.channels
            .get(channel)
            .map_or(&[], |channel| channel.synthesiser.tail())
    }

    pub(super) fn reset(&mut self) {
        self.networks.iter_mut().for_each(|network| network.reset());
        for channel in &mut self.channels {
            channel.analyser.reset();
            channel.synthesiser.reset();
            channel.spectra.fill(0.0);
        }
    }

    /// Runs all hops; the first error of a network, after every hop has its voice.
    pub(super) fn run(&mut self, run: &mut Run<'_>) -> Result<(), NetworkError> {
        if self.linked && !run.link {
            self.networks
                .iter_mut()
                .skip(1)
                .for_each(|network| network.reset());
        }
        self.linked = run.link;
        self.analyse(run);
        let mut failed = None;
        let groups = if run.link { 1 } else { self.channels.len() };
        for group in 0..groups {
            let members = if run.link {
                0..self.channels.len()
            } else {
                group..group + 1
            };
            let mut hop = 0;
            while hop < run.idle.len() {
                if run.idle[hop] {
                    members
                        .clone()
                        .for_each(|channel| self.hop_of(run, channel, hop).fill(0.0));
                    hop += 1;
                    continue;
                }
                let busy = run.idle[hop..].iter().take_while(|&&idle| !idle).count();
                hop = self
                    .decide(group, &members, hop..hop + busy, run)
                    .unwrap_or_else(|error| {
                        failed.get_or_insert(error);
                        hop + 1
                    });
            }
        }
        self.keep_history(run.idle.len());
        failed.map_or(Ok(()), Err)
    }

    /// Where the voice of one hop of one channel goes.
    fn hop_of<'a>(&self, run: &'a mut Run<'_>, channel: usize, hop: usize) -> &'a mut [f32] {
        &mut run.voice[channel * run.stride + run.at + hop * self.sizes.hop..][..self.sizes.hop]
    }

    /// Fills every channel's spectra. An idle hop's is zero without a transform: by then the
    /// analysis window holds nothing but zeros.
    fn analyse(&mut self, run: &Run<'_>) {
        let values = 2 * self.sizes.bins();
        let inputs = run.input.chunks_exact(run.idle.len() * self.sizes.hop);
        for (channel, input) in self.channels.iter_mut().zip(inputs) {
            let spectra = channel.spectra.chunks_exact_mut(values).skip(self.taps - 1);
            let hops = input.chunks_exact(self.sizes.hop).zip(run.idle);
            for (spectrum, (hop, &idle)) in spectra.zip(hops) {
                if idle {
                    spectrum.fill(0.0);
                } else {
                    let done = channel.analyser.push(hop, spectrum);
                    debug_assert!(done.is_ok(), "both slices were cut to the analyser's sizes");
                }
            }
        }
    }

    /// Lets network `group` decide for the channels `members` over `hops`, none of them idle. Gives
    /// back the hop to go on with: the end, or the one after a fault. After an error only the
    /// first hop is done.
    fn decide(
        &mut self,
        group: usize,
        members: &Range<usize>,
        hops: Range<usize>,
        run: &mut Run<'_>,
    ) -> Result<usize, NetworkError> {
        let width = self.taps * 2 * self.bins;
        self.hear(members, hops.clone());
        let input = &self.network_input[..hops.len() * 2 * self.bins];
        let output = &mut self.network_output[..hops.len() * width];
        match self.networks[group].step(input, output) {
            Ok(()) => {}
            // Which hop it was is not said, and those before it count: one at a time, then.
            Err(_) if hops.len() > 1 => {
                return self.decide(group, members, hops.start..hops.start + 1, run);
            }
            Err(NetworkError::NotFinite { .. }) => {
                self.give_up(group, members, hops.start, run);
                return Ok(hops.end);
            }
            Err(error) => {
                self.give_up(group, members, hops.start, run);
                return Err(error);
            }
        }
        for (at, hop) in hops.clone().enumerate() {
            if !self.apply(members, at, hop, run) {
                self.give_up(group, members, hop, run);
                return Ok(hop + 1);
            }
        }
        Ok(hops.end)
    }

    /// Writes what a network hears of `members`. Bins that the audio does not have stay zero.
    fn hear(&mut self, members: &Range<usize>, hops: Range<usize>) {
        let own = self.sizes.bins();
        let shared = self.bins.min(own);
        let members = &self.channels[members.clone()];
        for (input, hop) in self.network_input.chunks_exact_mut(2 * self.bins).zip(hops) {
            let (re, im) = input.split_at_mut(self.bins);
            let (re, im) = (&mut re[..shared], &mut im[..shared]);
            let at = (self.taps - 1 + hop) * 2 * own;
            let now = at..at + 2 * own;
            if let [alone] = members {
                let (own_re, own_im) = alone.spectra[now].split_at(own);
                re.copy_from_slice(&own_re[..shared]);
                im.copy_from_slice(&own_im[..shared]);
                continue;
            }
            self.mix.clear();
            for member in members {
                let (own_re, own_im) = member.spectra[now.clone()].split_at(own);
                self.mix.add(&own_re[..shared], &own_im[..shared]);
            }
            self.mix.write(re, im);
        }
    }

    /// Filters hop `hop` of `members` by the network's output number `at`; false, with nothing
    /// done, when the decision or its result is not finite and bounded.
    fn apply(&mut self, members: &Range<usize>, at: usize, hop: usize, run: &mut Run<'_>) -> bool {
        let width = self.taps * 2 * self.bins;
        let values = 2 * self.sizes.bins();
        let filter = &self.network_output[at * width..][..width];
        if !is_bounded(filter) {
            return false;
        }
        for (channel, voice) in members.clone().zip(self.voice.chunks_exact_mut(values)) {
            let spectra = &self.channels[channel].spectra[hop * values..][..self.taps * values];
            self.filter.apply(filter, spectra, voice);
        }
        if !is_bounded(&self.voice[..members.len() * values]) {
            return false;
        }
        for (channel, at) in members.clone().zip((0..).step_by(values)) {
            let voice = &self.voice[at..at + values];
            let out = &mut run.voice[channel * run.stride + run.at + hop * self.sizes.hop..];
            let out = &mut out[..self.sizes.hop];
            let done = self.channels[channel].synthesiser.push(voice, out);
            debug_assert!(
                done.is_ok(),
                "both slices were cut to the synthesiser's sizes"
            );
        }
        true
    }

    /// After a fault: the network starts from rest, and the voice of hop `hop` is the input. Its own
    /// spectrum is taken, so that the frames before and after fade into it.
    fn give_up(&mut self, group: usize, members: &Range<usize>, hop: usize, run: &mut Run<'_>) {
        self.networks[group].reset();
        run.faults += 1;
        let values = 2 * self.sizes.bins();
        for channel in members.clone() {
            let out = &mut run.voice[channel * run.stride + run.at + hop * self.sizes.hop..];
            let out = &mut out[..self.sizes.hop];
            let Channel {
                synthesiser,
                spectra,
                ..
            } = &mut self.channels[channel];
            let done = synthesiser.push(&spectra[(self.taps - 1 + hop) * values..][..values], out);
            debug_assert!(
                done.is_ok(),
                "both slices were cut to the synthesiser's sizes"
            );
        }
    }

    /// Moves the newest `taps - 1` spectra to where the next run's filters reach back to.
    fn keep_history(&mut self, hops: usize) {
        let values = 2 * self.sizes.bins();
        for channel in &mut self.channels {
            channel
                .spectra
                .copy_within(hops * values..(hops + self.taps - 1) * values, 0);
        }
    }
}
