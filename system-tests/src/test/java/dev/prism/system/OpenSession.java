package dev.prism.system;

import dev.prism.conformance.GrpcApi;
import dev.prism.sdk.Capability;
import dev.prism.session.v1.CreateSessionResponse;
import io.grpc.ClientInterceptors;
import java.util.EnumSet;
import java.util.Set;

/** A session of one config, as the suites use it. */
record OpenSession(Prism prism, CreateSessionResponse answer) {
  /** Calls in it. */
  GrpcApi api() {
    return new GrpcApi(
        () ->
            ClientInterceptors.intercept(prism.channel(), Prism.session(answer.getSessionToken())));
  }

  /** What the backend declares. */
  Set<Capability> capabilities() {
    Set<Capability> declared = EnumSet.noneOf(Capability.class);
    answer
        .getConfigs(0)
        .getCapabilitiesList()
        .forEach(name -> declared.add(Capability.valueOf(name)));
    return declared;
  }
}
