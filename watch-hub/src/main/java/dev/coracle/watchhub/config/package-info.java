/** The options of the storages and of the watch hub, as records. */
@NullMarked
package dev.coracle.watchhub.config;

import org.jspecify.annotations.NullMarked;
