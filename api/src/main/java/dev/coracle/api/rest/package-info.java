/**
 * The parameters of the API's verbs, the same whether a request comes over HTTP or by direct call.
 */
@NullMarked
package dev.coracle.api.rest;

import org.jspecify.annotations.NullMarked;
