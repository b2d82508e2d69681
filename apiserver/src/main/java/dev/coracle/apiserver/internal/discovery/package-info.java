/** What the server says about itself: API groups, version, health. */
@NullMarked
package dev.coracle.apiserver.internal.discovery;

import org.jspecify.annotations.NullMarked;
