/** Measurements beside real peers; one package a set. */
@NullMarked
package dev.coracle.benchmarks;

import org.jspecify.annotations.NullMarked;
