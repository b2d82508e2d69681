/** The options of what talks to an API server. */
@NullMarked
package dev.coracle.client.config;

import org.jspecify.annotations.NullMarked;
