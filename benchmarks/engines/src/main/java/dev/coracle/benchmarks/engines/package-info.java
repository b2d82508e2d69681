/**
 * Storage engines side by side, each with the same group commit on top: what ADR 0010 chose from.
 */
@NullMarked
package dev.coracle.benchmarks.engines;

import org.jspecify.annotations.NullMarked;
