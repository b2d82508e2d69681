/**
 * The process: {@link dev.coracle.launcher.Coracle} is the parts list of one cluster, {@link
 * dev.coracle.launcher.Main} the {@code coracle} command around it.
 */
@NullMarked
package dev.coracle.launcher;

import org.jspecify.annotations.NullMarked;
