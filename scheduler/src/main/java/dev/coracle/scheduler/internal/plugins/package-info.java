/** The plugins, one or two files each. */
@NullMarked
package dev.coracle.scheduler.internal.plugins;

import org.jspecify.annotations.NullMarked;
