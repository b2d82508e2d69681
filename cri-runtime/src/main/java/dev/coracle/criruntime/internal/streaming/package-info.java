/** Exec and attach of our own containers, and commands that are waited for. */
@NullMarked
package dev.coracle.criruntime.internal.streaming;

import org.jspecify.annotations.NullMarked;
