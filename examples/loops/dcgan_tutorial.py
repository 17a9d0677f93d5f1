"""A backward pass of D on a real batch, one on a generated batch, then the generator's step by the same batch."""

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

batch_size = 64
image_size = 16
nz = 100  # length of a latent vector
ngf = 16  # feature maps in the generator
ndf = 16  # feature maps in the discriminator
num_epochs = 20
lr = 0.0002

torch.manual_seed(0)
digits = torch.tensor(load_digits().images, dtype=torch.float32).unsqueeze(1) / 8 - 1
digits = nn.functional.interpolate(digits, size=image_size, mode="bilinear")
dataloader = DataLoader(TensorDataset(digits), batch_size=batch_size, shuffle=True)


def weights_init(m: nn.Module) -> None:
    if isinstance(m, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(m.weight, 0.0, 0.02)
    elif isinstance(m, nn.BatchNorm2d):
        nn.init.normal_(m.weight, 1.0, 0.02)
        nn.init.zeros_(m.bias)


netG = nn.Sequential(
    nn.ConvTranspose2d(nz, 2 * ngf, 4, 1, 0, bias=False),
    nn.BatchNorm2d(2 * ngf),
    nn.ReLU(True),
    nn.ConvTranspose2d(2 * ngf, ngf, 4, 2, 1, bias=False),
    nn.BatchNorm2d(ngf),
    nn.ReLU(True),
    nn.ConvTranspose2d(ngf, 1, 4, 2, 1, bias=False),
    nn.Tanh(),
)
netD = nn.Sequential(
    nn.Conv2d(1, ndf, 4, 2, 1, bias=False),
    nn.LeakyReLU(0.2, inplace=True),
    nn.Conv2d(ndf, 2 * ndf, 4, 2, 1, bias=False),
    nn.BatchNorm2d(2 * ndf),
    nn.LeakyReLU(0.2, inplace=True),
    nn.Conv2d(2 * ndf, 1, 4, 1, 0, bias=False),
    nn.Sigmoid(),
)
netG.apply(weights_init)
netD.apply(weights_init)

criterion = nn.BCELoss()
fixed_noise = torch.randn(64, nz, 1, 1)
real_label, fake_label = 1.0, 0.0
optimizerD = torch.optim.Adam(netD.parameters(), lr=lr, betas=(0.5, 0.999))
optimizerG = torch.optim.Adam(netG.parameters(), lr=lr, betas=(0.5, 0.999))

for epoch in range(num_epochs):
    for i, (real,) in enumerate(dataloader):
        # D: log(D(x)) + log(1 - D(G(z)))
        netD.zero_grad()
        label = torch.full((len(real),), real_label)
        output = netD(real).view(-1)
        errD_real = criterion(output, label)
        errD_real.backward()
        D_x = output.mean().item()
        fake = netG(torch.randn(len(real), nz, 1, 1))
        label.fill_(fake_label)
        output = netD(fake.detach()).view(-1)
        errD_fake = criterion(output, label)
        errD_fake.backward()
        optimizerD.step()

        # G: log(D(G(z)))
        netG.zero_grad()
        label.fill_(real_label)
        output = netD(fake).view(-1)
        errG = criterion(output, label)
        errG.backward()
        optimizerG.step()
        if i == 0:
            errD, D_G_z = (errD_real + errD_fake).item(), output.mean().item()
            print(f"[{epoch}/{num_epochs}] D: {errD:.3f}, G: {errG.item():.3f}, D(x): {D_x:.3f}, D(G(z)): {D_G_z:.3f}")
    with torch.no_grad():
        sheet = netG(fixed_noise)  # the tutorials save this as a picture
