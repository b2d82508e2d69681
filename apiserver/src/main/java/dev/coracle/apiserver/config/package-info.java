/** What the API server can be told, as records. */
@NullMarked
package dev.coracle.apiserver.config;

import org.jspecify.annotations.NullMarked;
