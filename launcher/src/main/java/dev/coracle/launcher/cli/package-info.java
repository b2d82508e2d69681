/** The commands of {@code coracle}, one class each. */
@NullMarked
package dev.coracle.launcher.cli;

import org.jspecify.annotations.NullMarked;
