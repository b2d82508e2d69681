/** What the API server is made of; closed to other modules. */
@NullMarked
package dev.coracle.apiserver.internal;

import org.jspecify.annotations.NullMarked;
