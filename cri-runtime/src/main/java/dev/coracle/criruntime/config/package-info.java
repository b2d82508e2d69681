/** The runtime's options, as records. */
@NullMarked
package dev.coracle.criruntime.config;

import org.jspecify.annotations.NullMarked;
