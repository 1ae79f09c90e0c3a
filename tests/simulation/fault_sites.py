"""Fault sites: each is on in a quarter of the seeds and then fires with a probability of its own."""

import random
from collections import Counter

# the highest probability at each place where the fault can fire
FAULT_PROBABILITIES = {
    "lost_before_landing": 0.5,
    "acknowledgement_lost": 0.5,
    "lands_later": 0.5,
    "batch_split": 0.5,
    "paused": 0.05,
    "killed": 0.03,
    "late_commit": 0.5,
    "rolled_back": 0.4,
    "log_wiped": 0.03,
    "log_made_anew": 0.03,
    "tail_wiped": 0.04,
    "stray": 0.08,
    "unknown_type": 0.4,
    "cannot_be_folded": 0.4,
    "commit_fails": 0.1,
    "commit_outcome_unknown": 0.1,
    "feed_away": 0.2,
    "restored": 0.2,
    "second_publisher": 1.0,
    "second_consumer": 1.0,
    "clock_jumps": 0.1,
    "slow_store": 1.0,
    "slow_broker": 1.0,
    "cancelled": 0.1,
}

ENVIRONMENT_FAULTS = ("log_wiped", "log_made_anew", "tail_wiped", "stray", "clock_jumps", "restored", "cancelled")

# what must have happened at least once in a large run: a fault that never happened proves nothing
MUST_HAPPEN = (
    "lost_before_landing", "acknowledgement_lost", "ack_lost_then_zombie_sent", "batch_split", "landed_then_killed",
    "publishers_met_at_a_mark", "stale_batch_refused", "killed_before_commit", "killed_after_commit",
    "commit_failed", "commit_outcome_unknown", "late_commit", "rolled_back", "duplicate", "early", "former", "beyond",
    "log_wiped", "log_made_anew", "tail_wiped", "offset_out_of_range", "healed_from_the_feed", "feed_away",
    "parked", "parked_unknown_type", "unparked", "stray", "restored", "heard_what_was_lost", "stopped_by_a_head_below",
    "stopped_by_another_history", "went_on_in_a_new_history", "read_model_emptied", "clock_jumped_back", "complete",
    "another_went_on",
    "folded_ahead", "folded_while_storing", "stretch_not_next", "culprit_held", "culprit_taken_alone", "held_refused",
    "more_held_and_dropped", "cancelled_while_storing", "several_on_their_way", "doubted_for_another", "mark_not_moved",
    "slept_through_a_history",
    "consumer_restarted", "publisher_restarted", "paused_with_a_batch", "quiet", "on_the_feed_alone",
)  # fmt: skip


class Faults:
    """The dice of one seed."""

    def __init__(self, rng: random.Random, never: frozenset[str], always: frozenset[str]) -> None:
        self.rng = rng
        self.sometimes: Counter[str] = Counter()
        drawn = {site: (rng.random(), rng.random()) for site in FAULT_PROBABILITIES}
        self.on = {
            site: FAULT_PROBABILITIES[site] * strength
            if (is_on < 0.25 or site in always) and site not in never
            else 0.0
            for site, (is_on, strength) in drawn.items()
        }
        self.troubled = any(self.on[site] for site in ENVIRONMENT_FAULTS)
        if not any(self.on.values()):
            self.sometimes["quiet"] += 1

    def has(self, site: str) -> bool:
        return self.on[site] > 0.0

    def hit(self, site: str) -> bool:
        probability = self.on[site]
        return probability > 0.0 and self.rng.random() < probability

    def heal(self) -> None:
        """Nothing more goes wrong."""
        self.on, self.troubled = dict.fromkeys(FAULT_PROBABILITIES, 0.0), False
