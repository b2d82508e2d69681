/** Tests of the API server through its own front. */
@NullMarked
package dev.coracle.apiserver;

import org.jspecify.annotations.NullMarked;
