/** What the shim needs to know. */
@NullMarked
package dev.coracle.cridocker.config;

import org.jspecify.annotations.NullMarked;
