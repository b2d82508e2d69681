/** The scheduler's options. */
@NullMarked
package dev.coracle.scheduler.config;

import org.jspecify.annotations.NullMarked;
