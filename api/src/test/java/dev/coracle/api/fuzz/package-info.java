/**
 * Inputs that nobody wrote: a seeded mutation fuzzer that bounds time, memory and stack, for the
 * decoders of all modules ({@code XxxFuzz}).
 */
@NullMarked
package dev.coracle.api.fuzz;

import org.jspecify.annotations.NullMarked;
