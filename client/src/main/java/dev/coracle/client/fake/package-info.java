/**
 * For unit tests of whatever uses the client: {@link dev.coracle.client.fake.FakeClient}, an API in
 * memory, and {@link dev.coracle.client.fake.ManualContext}, a context whose time is moved by hand.
 * No main code imports it.
 */
@NullMarked
package dev.coracle.client.fake;

import org.jspecify.annotations.NullMarked;
