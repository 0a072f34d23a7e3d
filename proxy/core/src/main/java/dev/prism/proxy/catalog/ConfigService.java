package dev.prism.proxy.catalog;

import com.google.rpc.BadRequest.FieldViolation;
import dev.prism.config.v1.ConfigEntry;
import dev.prism.config.v1.ConfigServiceGrpc;
import dev.prism.config.v1.DeleteConfigRequest;
import dev.prism.config.v1.DeleteConfigResponse;
import dev.prism.config.v1.GetConfigRequest;
import dev.prism.config.v1.GetConfigResponse;
import dev.prism.config.v1.ListConfigsRequest;
import dev.prism.config.v1.ListConfigsResponse;
import dev.prism.config.v1.RegisterConfigRequest;
import dev.prism.config.v1.RegisterConfigResponse;
import dev.prism.config.v1.RegisterSchemaRequest;
import dev.prism.config.v1.RegisterSchemaResponse;
import dev.prism.config.v1.ValidateConfigRequest;
import dev.prism.config.v1.ValidateConfigResponse;
import dev.prism.proxy.auth.Authenticator;
import dev.prism.proxy.auth.Principal;
import dev.prism.proxy.call.Audit;
import dev.prism.proxy.call.Pages;
import dev.prism.proxy.call.RequestHeaders;
import dev.prism.status.PrismException.Violation;
import dev.prism.type.v1.AccessPattern;
import io.grpc.stub.StreamObserver;
import java.util.List;

/**
 * ConfigService (RFC 3): needs credentials and no session. A failure is thrown as PrismException,
 * for the host to answer. To be served within {@link RequestHeaders#interceptor}.
 */
public final class ConfigService extends ConfigServiceGrpc.ConfigServiceImplBase {
  private final Catalog catalog;
  private final Schemas schemas;
  private final Authenticator authenticator;

  public ConfigService(Catalog catalog, Schemas schemas, Authenticator authenticator) {
    this.catalog = catalog;
    this.schemas = schemas;
    this.authenticator = authenticator;
  }

  @Override
  public void listConfigs(
      ListConfigsRequest request, StreamObserver<ListConfigsResponse> responses) {
    String namespace = Catalog.namespace(request.getNamespace());
    catalog.requireNamespace(namespace, caller());
    AccessPattern pattern = request.getPattern();
    List<ConfigEntry> entries =
        catalog.list(namespace).stream()
            .filter(
                entry ->
                    pattern == AccessPattern.ACCESS_PATTERN_UNSPECIFIED
                        || entry.getConfig().getPattern() == pattern)
            .toList();
    Pages.Page<ConfigEntry> page =
        Pages.page(
            entries,
            entry -> entry.getConfig().getName(),
            request.getPageSize(),
            request.getPageToken());
    answer(
        responses,
        ListConfigsResponse.newBuilder()
            .addAllConfigs(page.entries())
            .setNextPageToken(page.next())
            .build());
  }

  @Override
  public void getConfig(GetConfigRequest request, StreamObserver<GetConfigResponse> responses) {
    Principal caller = caller();
    String namespace = Catalog.namespace(request.getNamespace());
    catalog.requireNamespace(namespace, caller);
    ConfigEntry entry = catalog.get(request.getName(), namespace, caller);
    answer(
        responses,
        GetConfigResponse.newBuilder()
            .setConfig(
                entry.toBuilder().setConfig(entry.getConfig().toBuilder().setNamespace(namespace)))
            .build());
  }

  @Override
  public void registerConfig(
      RegisterConfigRequest request, StreamObserver<RegisterConfigResponse> responses) {
    Principal caller = caller();
    Catalog.Registration registration = catalog.register(request.getConfig(), caller);
    audit("config.registered", caller, registration.entry());
    answer(
        responses,
        RegisterConfigResponse.newBuilder()
            .setConfig(registration.entry())
            .setChanged(registration.changed())
            .build());
  }

  @Override
  public void validateConfig(
      ValidateConfigRequest request, StreamObserver<ValidateConfigResponse> responses) {
    ValidateConfigResponse.Builder response = ValidateConfigResponse.newBuilder();
    for (Violation violation : catalog.validate(request.getConfig(), caller())) {
      response.addViolations(
          FieldViolation.newBuilder()
              .setField(violation.field())
              .setDescription(violation.description()));
    }
    answer(responses, response.build());
  }

  @Override
  public void deleteConfig(
      DeleteConfigRequest request, StreamObserver<DeleteConfigResponse> responses) {
    Principal caller = caller();
    boolean existed = catalog.delete(request.getName(), request.getNamespace(), caller);
    Audit.done("config.deleted", caller.identity(), Catalog.namespace(request.getNamespace()))
        .addKeyValue("config", request.getName())
        .addKeyValue("existed", existed)
        .log("config deleted");
    answer(responses, DeleteConfigResponse.newBuilder().setExisted(existed).build());
  }

  @Override
  public void registerSchema(
      RegisterSchemaRequest request, StreamObserver<RegisterSchemaResponse> responses) {
    Principal caller = caller();
    String namespace = Catalog.namespace(request.getNamespace());
    catalog.requireNamespace(namespace, caller);
    List<String> types = schemas.register(namespace, request.getDescriptors());
    Audit.done("schema.registered", caller.identity(), namespace).log("schema registered");
    answer(responses, RegisterSchemaResponse.newBuilder().addAllMessageTypes(types).build());
  }

  private Principal caller() {
    return authenticator.authenticate(RequestHeaders.current());
  }

  private static void audit(String event, Principal caller, ConfigEntry entry) {
    Audit.done(event, caller.identity(), entry.getConfig().getNamespace())
        .addKeyValue("config", entry.getConfig().getName())
        .addKeyValue("version", entry.getConfig().getVersion())
        .log(event);
  }

  private static <T> void answer(StreamObserver<T> responses, T response) {
    responses.onNext(response);
    responses.onCompleted();
  }
}
