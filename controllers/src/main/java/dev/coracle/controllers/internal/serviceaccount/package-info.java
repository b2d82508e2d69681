/** What every namespace gets, the default ServiceAccount and the root CA, and tokens in Secrets. */
@NullMarked
package dev.coracle.controllers.internal.serviceaccount;

import org.jspecify.annotations.NullMarked;
