/** The client's HTTP: queries, bearer tokens, watch streams. */
@NullMarked
package dev.coracle.client.internal.http;

import org.jspecify.annotations.NullMarked;
