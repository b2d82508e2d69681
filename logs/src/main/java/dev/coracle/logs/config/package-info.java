/** The options of the log collector. */
@NullMarked
package dev.coracle.logs.config;

import org.jspecify.annotations.NullMarked;
